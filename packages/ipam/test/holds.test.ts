import { describe, expect, test } from 'vitest';
import { createPool, Ipam, type Outcome } from '../src/index.ts';

function ipamOf(...entries: readonly string[]): Ipam {
  const made = createPool({ name: 'p', addresses: entries });
  if (!made.ok) throw new Error(made.problem.message);
  const created = Ipam.create([made.pool]);
  if (!created.ok) throw new Error(created.problem.message);
  return created.ipam;
}

function after(outcome: Outcome): Ipam {
  if (!outcome.ok) throw new Error(outcome.reason.code);
  return outcome.next;
}

const given = (outcome: Outcome): string =>
  outcome.ok ? outcome.addresses.join() : outcome.reason.code;
const v4 = { families: 'ipv4' } as const;

describe('an address that was given back with a hold', () => {
  const held = after(ipamOf('10.0.0.0/30').allocate('a', v4)).release('a', 60);

  test('goes to its former owner', () => {
    expect(given(held.allocate('a', v4))).toBe('10.0.0.0');
  });

  test('does not go to a stranger while there is another', () => {
    expect(given(held.allocate('b', v4))).toBe('10.0.0.1');
  });

  test('goes to a stranger who asks for it by name', () => {
    expect(given(held.request('b', ['10.0.0.0']))).toBe('10.0.0.0');
  });

  test('goes to a stranger when the pool has no other', () => {
    const full = after(ipamOf('10.0.0.0/32').allocate('a', v4)).release('a', 60);
    const taken = after(full.allocate('b', v4));
    expect(taken.allocationOf('b')?.addresses).toEqual(['10.0.0.0']);
    expect(given(taken.allocate('a', v4))).toBe('pool-full');
    expect(given(taken.release('b').allocate('a', v4))).toBe('10.0.0.0');
  });

  test('is free for all from its deadline on', () => {
    expect(held.expire(59)).toBe(held);
    const over = held.expire(60);
    expect(over.holdOf('a')).toBeUndefined();
    expect(given(over.allocate('b', v4))).toBe('10.0.0.0');
  });

  test('is not in use', () => {
    expect(held.usage('p')?.ipv4.used).toBe(0n);
    expect(held.allocationOf('a')).toBeUndefined();
  });

  test('stays kept when the pools change, as long as one has it', () => {
    const bigger = createPool({ name: 'other', addresses: ['10.0.0.0/29'] });
    const elsewhere = createPool({ name: 'p', addresses: ['10.1.0.0/29'] });
    if (!bigger.ok || !elsewhere.ok) throw new Error('bad pool');
    const moved = held.withPools([bigger.pool]);
    const lost = held.withPools([elsewhere.pool]);
    if (!moved.ok || !lost.ok) throw new Error('bad pools');
    expect(given(moved.next.allocate('b', v4))).toBe('10.0.0.1');
    expect(given(moved.next.allocate('a', v4))).toBe('10.0.0.0');
    expect(lost.next.holdOf('a')).toBeUndefined();
  });

  test('is not given to an owner that wants something else now', () => {
    expect(given(held.allocate('a', { ...v4, eligible: () => false }))).toBe('no-eligible-pool');
    expect(given(held.allocate('a', { families: 'ipv6' }))).toBe('family-missing');
  });
});

test('a shared address that one of two gave back is still joined by others under the key', () => {
  const sharing = (port: string) => ({ key: 'k', backend: '', ports: [port] });
  let ipam = ipamOf('10.0.0.0/30');
  ipam = after(ipam.allocate('a', { ...v4, sharing: sharing('TCP/80') }));
  ipam = after(ipam.allocate('b', { ...v4, sharing: sharing('TCP/443') }));
  ipam = ipam.release('a', 60);
  expect(given(ipam.allocate('c', { ...v4, sharing: sharing('TCP/80') }))).toBe('10.0.0.0');
  expect(given(ipam.allocate('a', { ...v4, sharing: sharing('TCP/80') }))).toBe('10.0.0.0');
  ipam = ipam.release('b');
  expect(given(ipam.allocate('c', v4))).toBe('10.0.0.1');
});

test('holds end in the order of their deadlines, however they were made', () => {
  let ipam = ipamOf('10.0.0.0/29');
  for (const owner of ['a', 'b', 'c', 'd']) ipam = after(ipam.allocate(owner, v4));
  for (const [owner, untilMs] of [
    ['a', 1000],
    ['b', 9.5],
    ['c', 99],
  ] as const)
    ipam = ipam.release(owner, untilMs);
  const left = (nowMs: number): string[] =>
    ['a', 'b', 'c'].filter((owner) => ipam.expire(nowMs).holdOf(owner) !== undefined);
  expect([left(9), left(9.5), left(99), left(1000)]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'c'],
    ['a'],
    [],
  ]);
});
