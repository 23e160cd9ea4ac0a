import { beforeEach, describe, expect, test } from 'vitest';
import type { AddressState } from '../src/index.ts';
import { timings, Wire, x } from './wire.ts';

const { deadAfterMs, heartbeatMs, marginMs } = timings;

/** Two nodes need so long to say yes to each other, at most. */
const CONSENT_MS = 25;

let wire: Wire;
let holder: string;
let heardMs: number;

/** Three nodes of which one holds; it is not heard any more after the frame that is sent next. */
beforeEach(() => {
  wire = new Wire();
  for (const name of ['one', 'two', 'three']) wire.start(name);
  wire.run(3_000);
  [holder = ''] = wire.answerers();
  const frames = wire.sent.length;
  while (!wire.sent.slice(frames).some(({ node }) => node.endsWith(holder))) wire.run(1);
  heardMs = wire.nowMs;
  cutOff();
});

function cutOff(): void {
  for (const name of others()) wire.cut.add(`${holder}>${name}`).add(`${name}>${holder}`);
}

function others(): string[] {
  return [...wire.states.keys()].filter((name) => name !== holder);
}

function runUntil(sinceMs: number): void {
  wire.run(heardMs + sinceMs - wire.nowMs);
}

/** What the one says that claims, if one does. */
function claim(): Readonly<AddressState> | undefined {
  const states = others().map((name) => wire.states.get(name)?.addresses.get(x));
  return states.find((own) => own?.mode === 'claim');
}

describe('what a holder has that is not heard any more', () => {
  test('is claimed when its right has ended', () => {
    runUntil(deadAfterMs - marginMs - 1);
    expect(claim()).toBeUndefined();
    runUntil(deadAfterMs - marginMs + 2);
    expect(claim()).toBeDefined();
  });

  test('is answered for no sooner than when others were promised not to', () => {
    for (let sinceMs = 0; sinceMs < deadAfterMs; sinceMs++) {
      runUntil(sinceMs);
      expect(wire.answerers().filter((name) => name !== holder)).toEqual([]);
    }
    runUntil(deadAfterMs + CONSENT_MS);
    expect(wire.answerers().filter((name) => name !== holder)).toHaveLength(1);
  });

  test('is asked of the API as soon as those agree who are heard', () => {
    for (const name of others()) wire.tell(name, { kind: 'api-reachable', reachable: true });
    runUntil(deadAfterMs - marginMs + CONSENT_MS);
    expect(claim()).toMatchObject({ recordAsked: true });
  });

  test('is agreed to once more when it is dead: others may have heard of it since', () => {
    for (const name of others()) wire.tell(name, { kind: 'api-reachable', reachable: true });
    runUntil(deadAfterMs - 1);
    const before = claim()?.claimSeq ?? Infinity;
    runUntil(deadAfterMs + CONSENT_MS);
    expect(claim()?.claimSeq).toBeGreaterThan(before);
  });

  test('stays with it if it is heard again before that', () => {
    runUntil(deadAfterMs - marginMs + 2);
    expect(claim()).toBeDefined();
    wire.cut.clear();
    wire.run(2 * heartbeatMs);
    expect(claim()).toBeUndefined();
    expect(wire.answerers()).toEqual([holder]);
  });
});
