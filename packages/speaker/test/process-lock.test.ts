import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '@picluster/kube';
import { expect, test } from 'vitest';
import { ProcessLock, type ProcessLockDeps } from '../src/process-lock.ts';
import type { TextLine } from '../src/succession/text-line.ts';

const lines: string[] = [];
/** Nobody says anything: who waits does so for the end of the line. */
const deps: ProcessLockDeps = {
  clock: systemClock,
  log: { info: (line: string) => void lines.push(line) },
  onWaiting: () => {},
  meet: (line) => new Promise((resolve) => line.onEnd(resolve)),
};
const nameOf = (what: string): string => `picluster-lock-test-${process.pid}-${what}`;

test('a second one waits, says so, and goes on when the first lets go', async () => {
  const name = nameOf('waits');
  const { signal } = new AbortController();
  const first = await ProcessLock.take(name, deps, signal);
  const order: string[] = [];
  const second = ProcessLock.take(name, deps, signal).then((lock) => {
    order.push('second');
    return lock;
  });
  await systemClock.sleep(50);
  order.push('first lets go');
  expect(lines).toEqual(['another speaker runs on this node: waiting for its end']);
  await first[Symbol.asyncDispose]();
  const lock = await second;
  expect(order).toEqual(['first lets go', 'second']);
  await lock[Symbol.asyncDispose]();
});

test('a process that is killed has let go', async () => {
  const name = nameOf('killed');
  const { signal } = new AbortController();
  const holds = `require('node:net').createServer((c) => c.resume()).listen({ path: '\\0${name}' }, () => console.log('held'))`;
  const child = spawn(process.execPath, ['-e', holds], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  let taken = false;
  const waiting = ProcessLock.take(name, deps, signal).then((lock) => {
    taken = true;
    return lock;
  });
  await systemClock.sleep(50);
  expect(taken).toBe(false);
  child.kill('SIGKILL');
  const lock = await waiting;
  await lock[Symbol.asyncDispose]();
});

test('who waits can be called off', async () => {
  const name = nameOf('called-off');
  const never = new AbortController();
  const first = await ProcessLock.take(name, deps, never.signal);
  const abort = new AbortController();
  const second = ProcessLock.take(name, deps, abort.signal);
  await systemClock.sleep(20);
  abort.abort(new Error('called off'));
  await expect(second).rejects.toThrow('called off');
  await first[Symbol.asyncDispose]();
});

test('one that waits comes at once when it is told to, and another goes on waiting', async () => {
  const name = nameOf('told');
  const { signal } = new AbortController();
  const waiting: TextLine[] = [];
  const first = await ProcessLock.take(
    name,
    { ...deps, onWaiting: (line) => void waiting.push(line) },
    signal,
  );
  const order: string[] = [];
  const told: Promise<ProcessLock> = ProcessLock.take(
    name,
    { ...deps, meet: (line) => new Promise((resolve) => line.onText(() => resolve())) },
    signal,
  );
  const other = ProcessLock.take(name, deps, signal).then((lock) => {
    order.push('the other');
    return lock;
  });
  while (waiting.length < 2) await systemClock.sleep(5);
  first.free();
  for (const line of waiting) await line.send('come');
  const second = await told;
  await first[Symbol.asyncDispose]();
  await systemClock.sleep(50);
  order.push('the second lets go');
  await second[Symbol.asyncDispose]();
  await (await other)[Symbol.asyncDispose]();
  expect(order).toEqual(['the second lets go', 'the other']);
});

test('nobody gets in by talking too much, or as one of too many', async () => {
  const name = nameOf('crowd');
  const { signal } = new AbortController();
  const first = await ProcessLock.take(name, deps, signal);
  const sockets = Array.from({ length: 9 }, () => connect({ path: `\0${name}` }));
  const ended = sockets.map(async (socket) => {
    socket.on('error', () => {});
    await once(socket, 'close');
    return socket;
  });
  // Of nine, the ninth.
  expect(await Promise.race(ended)).toBe(sockets[8]);
  sockets[0]?.write('x'.repeat(100_000));
  await ended[0];
  await first[Symbol.asyncDispose]();
  await Promise.all(ended);
});
