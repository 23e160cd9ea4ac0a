import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LifeSocket } from '../src/life-socket.ts';

const source = fileURLToPath(new URL('../src/life-socket.ts', import.meta.url));
const program = `
  import { LifeSocket } from ${JSON.stringify(source)};
  const [folder, identity] = process.argv.slice(1);
  await LifeSocket.open(folder, identity);
  console.log('open');
  process.stdin.on('data', (order) => {
    if (String(order) === 'throw') throw 'as it was told';
  });
`;

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'life-'));
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => end(child, 'SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
});

/** A process that has opened its socket. */
async function start(identity: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, folder, identity],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function knownDead(identity: string, here: string = folder): Promise<boolean> {
  await using asker = await LifeSocket.open(here, 'asker');
  return await asker.knownDead({ holderIdentity: identity });
}

describe('a process', () => {
  test('is known to be dead once it was killed, not before', async () => {
    const child = await start('one');
    expect(await knownDead('one')).toBe(false);
    await end(child, 'SIGKILL');
    expect(await knownDead('one')).toBe(true);
  });

  test('that is frozen is not dead, however often one asks; killed in that state, it is', async () => {
    const child = await start('one');
    child.kill('SIGSTOP');
    await using asker = await LifeSocket.open(folder, 'asker');
    // More than connections can wait to be accepted.
    for (let i = 0; i < 600; i++) {
      expect(await asker.knownDead({ holderIdentity: 'one' })).toBe(false);
    }
    await end(child, 'SIGKILL');
    expect(await asker.knownDead({ holderIdentity: 'one' })).toBe(true);
  });

  test('that ended by itself, in good order or by an exception, is known to be dead', async () => {
    for (const [order, code] of [
      ['end', 0],
      ['throw', 1],
    ] as const) {
      const child = await start(order);
      const exit = once(child, 'exit');
      child.stdin?.end(order);
      expect(await exit).toEqual([code, null]);
      expect(await knownDead(order)).toBe(true);
    }
  });

  test('that was never seen is not known to be dead, nor one whose file is gone', async () => {
    expect(await knownDead('nobody')).toBe(false);
    await end(await start('one'), 'SIGKILL');
    for (const file of readdirSync(folder)) rmSync(path.join(folder, file));
    expect(await knownDead('one')).toBe(false);
  });

  test('is not known to be dead by a copy of the folder, but by another path of it', async () => {
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'life-'));
    const copy = path.join(elsewhere, 'copy');
    const link = path.join(elsewhere, 'link');
    await end(await start('one'), 'SIGKILL');
    const [name = ''] = readdirSync(folder);
    cpSync(folder, copy, { recursive: true, filter: (from) => !from.endsWith('.life') });
    writeFileSync(path.join(copy, name), '');
    symlinkSync(folder, link);
    expect(await knownDead('one', copy)).toBe(false);
    expect(await knownDead('one', link)).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });
});

describe('a socket of life', () => {
  test('cannot be opened for an identity that was used before', async () => {
    await end(await start('one'), 'SIGKILL');
    await expect(LifeSocket.open(folder, 'one')).rejects.toThrow('this identity was used before');
  });

  test('cannot be opened where there is no folder, or where its path has no room', async () => {
    const nowhere = path.join(folder, 'nowhere');
    await expect(LifeSocket.open(nowhere, 'one')).rejects.toThrow(
      `cannot make a socket in ${nowhere}: ENOENT`,
    );
    const deep = path.join(folder, 'd'.repeat(80));
    mkdirSync(deep);
    await expect(LifeSocket.open(deep, 'one')).rejects.toThrow('its path is too long');
  });

  test('leaves nothing behind when it is disposed of', async () => {
    await (await LifeSocket.open(folder, 'one'))[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves the living alone, and of the dead the newest, when it clears up', async () => {
    await start('alive');
    for (let i = 0; i < 11; i++) await end(await start(`dead-${i}`), 'SIGKILL');
    await using asker = await LifeSocket.open(folder, 'asker');
    // Eight that are dead, the living one and the asker.
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(10));
    const dead = (identity: string): Promise<boolean> =>
      asker.knownDead({ holderIdentity: identity });
    expect(await dead('dead-10')).toBe(true);
    expect(await dead('dead-0')).toBe(false);
    expect(await dead('alive')).toBe(false);
    await using again = await LifeSocket.open(folder, 'another');
    expect(await again.knownDead({ holderIdentity: 'asker' })).toBe(false);
  });
});
