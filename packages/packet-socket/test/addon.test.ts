import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { load } from '../src/addon.ts';
import { PacketSocketError } from '../src/packet-socket-error.ts';

function failure(run: () => unknown): PacketSocketError {
  try {
    run();
  } catch (error) {
    if (error instanceof PacketSocketError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('loading the addon', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'packet-socket-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each(['darwin', 'win32', 'freebsd'])(
    'on %s there is none, and the error says so',
    (platform) => {
      const error = failure(() => load(platform, 'x64', [folder]));
      expect(error.code).toBe('unsupported-platform');
      expect(error.message).toContain('only Linux');
    },
  );

  test('without a file for this machine the error names every place that was tried', () => {
    const error = failure(() => load('linux', 's390x', [folder]));
    expect(error.code).toBe('addon-unusable');
    const attempts = (error.cause as AggregateError).errors.map(String).join('\n');
    expect(attempts).toContain(path.join(folder, 'linux-s390x-glibc', 'packet-socket.node'));
    expect(attempts).toContain(path.join(folder, 'linux-s390x-musl', 'packet-socket.node'));
  });

  test('a file that does not load is a cause, not a crash', () => {
    mkdirSync(path.join(folder, 'linux-x64-glibc'));
    writeFileSync(path.join(folder, 'linux-x64-glibc', 'packet-socket.node'), 'not a library');
    const error = failure(() => load('linux', 'x64', [folder]));
    expect(error.code).toBe('addon-unusable');
    expect((error.cause as AggregateError).errors).toHaveLength(2);
  });
});
