import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { load } from '../src/addon.ts';
import { PacketSocketError } from '../src/packet-socket-error.ts';
import { buildAddon } from './seams/lab.ts';

const packageFolder = path.resolve(import.meta.dirname, '..');
const builtAddon = path.join(packageFolder, 'build', `linux-${process.arch}`, 'packet-socket.node');

function failure(run: () => unknown): PacketSocketError {
  try {
    run();
  } catch (error) {
    if (error instanceof PacketSocketError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

function attempts({ cause }: PacketSocketError): string[] {
  return (cause as AggregateError).errors.map(({ message }: Error) => message);
}

describe('loading the addon', () => {
  let folder: string;
  beforeAll(buildAddon);
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'packet-socket-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Writes it where `folder` has the addon of this machine. */
  const put = (bytes: Uint8Array): string => {
    const file = path.join(folder, `linux-${process.arch}`, 'packet-socket.node');
    mkdirSync(path.dirname(file));
    writeFileSync(file, bytes);
    return file;
  };

  test.each(['darwin', 'win32', 'freebsd'])(
    'on %s there is none, and the error says so',
    (platform) => {
      const error = failure(() => load(platform, 'x64', [folder]));
      expect(error.code).toBe('unsupported-platform');
      expect(error.message).toContain('only Linux');
    },
  );

  test('without a file for this machine the error names every file that was tried', () => {
    const error = failure(() => load('linux', 's390x', ['/one', '/two']));
    expect(error.code).toBe('addon-unusable');
    const files = ['/one', '/two'].map((each) => `${each}/linux-s390x/packet-socket.node`);
    expect(error.lookedFor).toEqual(files);
    expect(error.message).toContain(files.join(', '));
    expect(attempts(error)).toEqual(files.map((file) => `${file}: no such file`));
  });

  /** Bytes of a library for a big machine of IBM's: the file is whole, but not for us. */
  const foreign = (): Buffer => {
    const bytes = readFileSync(builtAddon);
    bytes.writeUInt16LE(22, 18);
    return bytes;
  };

  test.each([
    ['is no library', () => Buffer.from('not a library'), /invalid ELF header|file too short/],
    ['has no byte', () => Buffer.of(), /file too short/],
    ['ends too early', () => readFileSync(builtAddon).subarray(0, 40), /file too short/],
    ['is for another machine', foreign, /cannot open shared object file/],
  ])('a file that %s is a cause, not a crash', (_, content, reason) => {
    const file = put(content());
    const error = failure(() => load('linux', process.arch, [folder]));
    expect(error.code).toBe('addon-unusable');
    expect(error.lookedFor).toEqual([file]);
    expect(attempts(error)).toEqual([expect.stringMatching(reason)]);
  });

  test('an addon that lacks a function of ours is of another version, and the error says which', () => {
    const name = Buffer.from('setPromiscuous');
    const bytes = readFileSync(builtAddon);
    bytes.write('Z', bytes.indexOf(name));
    const file = put(bytes);
    expect(attempts(failure(() => load('linux', process.arch, [folder])))).toEqual([
      `${file}: of another version, without setPromiscuous`,
    ]);
  });

  test('what is unusable in one folder is looked for in the next', () => {
    put(Buffer.from('not a library'));
    const addon = load('linux', process.arch, [folder, path.join(packageFolder, 'build')]);
    expect(addon.nowMs()).toBeGreaterThan(0);
  });
});
