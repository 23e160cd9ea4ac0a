import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@picluster/kube';
import { expect, test } from 'vitest';
import { ProcessLock } from '../src/process-lock.ts';

const lines: string[] = [];
const deps = { clock: systemClock, log: { info: (line: string) => void lines.push(line) } };
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
