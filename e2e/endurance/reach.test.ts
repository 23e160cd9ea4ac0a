import { expect, test } from 'vitest';
import { BACK_AFTER_MS, Reach, SAID_AFTER_MS } from './reach.ts';

const start = (): { reach: Reach; pass: (ms: number) => void } => {
  let nowMs = 1000;
  return { reach: new Reach(() => nowMs), pass: (ms) => (nowMs += ms) };
};

test('a daemon that nothing disturbs must be ready, once it had its time', () => {
  const { reach, pass } = start();
  pass(BACK_AFTER_MS);
  expect(reach.expectation).toBe('either');
  pass(1);
  expect(reach.expectation).toBe('ready');
});

test('while it is disturbed, and for a while after, it may say either', () => {
  const { reach, pass } = start();
  const disturbance = reach.disturb();
  pass(10 * SAID_AFTER_MS);
  expect(reach.expectation).toBe('either');
  disturbance[Symbol.dispose]();
  pass(BACK_AFTER_MS);
  expect(reach.expectation).toBe('either');
  pass(1);
  expect(reach.expectation).toBe('ready');
});

test('one that is cut off must say so, until nothing cuts it off any more', () => {
  const { reach, pass } = start();
  const cut = reach.cut();
  pass(SAID_AFTER_MS - 1);
  const another = reach.cut();
  cut[Symbol.dispose]();
  expect(reach.expectation).toBe('either');
  pass(2);
  expect(reach.expectation).toBe('not ready');
  another[Symbol.dispose]();
  expect(reach.expectation).toBe('either');
});
