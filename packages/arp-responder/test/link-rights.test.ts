import { beforeEach, describe, expect, test } from 'vitest';
import { endInTable, formatAddress, type LinkSocket } from '../src/index.ts';
import type { Address } from '../src/address.ts';
import { LinkRights } from '../src/link-rights.ts';
import { ip } from './frames.ts';

const V4 = ip('192.0.2.10');
const V6 = ip('2001:db8::10');

let ourMs: number;
let linkMs: number;
let table: Uint8Array | undefined;
let rights: LinkRights;

const link: LinkSocket = {
  interfaceName: 'eth0',
  mac: new Uint8Array(6),
  up: true,
  listen: () => {},
  watch: () => {},
  send: () => 'sent',
  close: () => {},
  nowMs: () => linkMs,
  answerFrom: (memory) => void (table = memory),
};
const named = (bytes: Uint8Array): Address => ({ bytes, text: formatAddress(bytes) });
const answerableMs = (): number => endInTable(table ?? new Uint8Array(), V4, 0);

beforeEach(() => {
  ourMs = 100;
  linkMs = 5100;
  table = undefined;
  rights = new LinkRights(link, { nowMs: () => ourMs });
});

describe('a right', () => {
  test('is a moment of the link’s clock, for the link to read and for what is sent', () => {
    const right = rights.grant(named(V4), 300);
    expect(rights.read(right)).toBe(5300);
    expect(answerableMs()).toBe(5300);
    expect(rights.read(rights.grant(named(V6), 300))).toBe(5300);
    rights.grant(named(V4), Infinity, right);
    expect(answerableMs()).toBe(Infinity);
  });

  test('that is moved has the new end at once, and one that ends has none', () => {
    const right = rights.grant(named(V4), 300);
    const moved = rights.grant(named(V4), 200, right);
    expect(answerableMs()).toBe(5200);
    rights.end(moved);
    expect(answerableMs()).toBe(0);
  });

  test('does not begin again because our clock stood still while the machine slept', () => {
    let untilMs = 300;
    const right = rights.grant(named(V4), () => untilMs);
    linkMs += 10_000;
    rights.refresh();
    expect([rights.read(right), answerableMs()]).toEqual([5300, 5300]);
    const same = rights.grant(named(V4), 300, right);
    expect(rights.read(same)).toBe(5300);
    untilMs = 299;
    expect(rights.read(rights.grant(named(V4), () => untilMs, same))).toBe(5300);
    // What was renewed after the sleep is worth what it says.
    untilMs = 400;
    rights.refresh();
    expect(answerableMs()).toBe(15_400);
  });

  test('may end early but not late when we are stopped between looking at the two clocks', () => {
    const stopped = new LinkRights(link, {
      nowMs: () => {
        linkMs += 1000;
        return (ourMs += 1000);
      },
    });
    expect(stopped.read(stopped.grant(named(V4), 3000))).toBeLessThanOrEqual(8000);
  });
});

describe('a deadline that is a function', () => {
  test('is not left to the link until somebody tells us of its changes', () => {
    const right = rights.grant(named(V4), () => 300);
    expect(rights.read(right)).toBe(5300);
    expect(answerableMs()).toBe(0);
    rights.refresh();
    expect(answerableMs()).toBe(5300);
    rights.grant(named(V4), () => 200, right);
    expect(answerableMs()).toBe(5200);
  });

  test('is asked for its own address: one may serve all', () => {
    const ends: Record<string, number> = { '192.0.2.10': 300, '2001:db8::10': 400 };
    const untilMs = (address: string): number => ends[address] ?? 0;
    const granted = [V4, V6].map((address) => rights.grant(named(address), untilMs));
    expect(granted.map((right) => rights.read(right))).toEqual([5300, 5400]);
  });

  test('is read anew for all addresses at each refresh', () => {
    let untilMs = 300;
    const addresses = Array.from({ length: 40 }, (_, at) => Uint8Array.of(192, 0, 2, at));
    const granted = addresses.map((address) => rights.grant(named(address), () => untilMs));
    const [first] = granted;
    if (first !== undefined) rights.end(first);
    rights.refresh();
    for (untilMs of [200, 400, 0]) {
      rights.refresh();
      const found = addresses.map((address) => endInTable(table ?? new Uint8Array(), address, 0));
      expect(found).toEqual(addresses.map((_, at) => (at === 0 ? 0 : 5000 + untilMs)));
    }
  });
});

test('a refresh that says the end of all rights asks none of them, and leaves those alone that are no functions', () => {
  let asked = 0;
  const right = rights.grant(named(V4), () => {
    asked++;
    return 300;
  });
  const fixed = Uint8Array.of(192, 0, 2, 11);
  rights.grant(named(fixed), 250);
  rights.refresh();
  asked = 0;
  for (const untilMs of [400, 200]) {
    rights.refresh(untilMs);
    const found = [V4, fixed].map((address) => endInTable(table ?? new Uint8Array(), address, 0));
    expect(found).toEqual([5000 + untilMs, 5250]);
  }
  // The link's clock went on while ours stood still: the same end is no later moment, and an earlier one none either.
  linkMs += 10_000;
  rights.refresh(200);
  expect(answerableMs()).toBe(5200);
  rights.refresh(199);
  expect(answerableMs()).toBe(5200);
  rights.end(right);
  rights.refresh(400);
  expect([answerableMs(), asked]).toEqual([0, 0]);
});

test('a link that cannot answer by itself has its rights in its own clock all the same', () => {
  const plain: LinkSocket = { ...link };
  delete plain.answerFrom;
  const without = new LinkRights(plain, { nowMs: () => ourMs });
  const right = without.grant(named(V4), 300);
  without.refresh();
  expect(without.read(right)).toBe(5300);
  without.end(right);
});
