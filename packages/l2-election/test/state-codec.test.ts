import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeState,
  type ElectionState,
  encodeState,
  stateFormat,
  wiredTimings,
} from '../src/index.ts';
import { drawFaults } from './faults.ts';
import { seededRandom } from '@picluster/testkit';
import { Segment } from './segment.ts';

/** What the nodes of a segment know in the middle of all faults. */
function statesOf(seed: number): ElectionState[] {
  const options = { nodes: 4, addresses: 3 };
  const segment = new Segment(seed, { ...options, loss: 0.2 });
  segment.schedule(
    drawFaults(seededRandom(seed), { ...options, lengthMs: 4000, dense: seed % 2 === 0 }),
  );
  segment.run(2000 + 50 * seed);
  return segment.nodes.flatMap(({ state }) => (state === undefined ? [] : [state]));
}

/** Moments that were never written are no moments. */
const filled = (state: ElectionState): ElectionState => ({
  ...state,
  sentAtMs: Array.from(state.sentAtMs, (atMs) => atMs ?? -Infinity),
});

const [state] = statesOf(1);
if (state === undefined) throw new Error('no node is up');
const written = encodeState(state);

test('what a node knows is read as it was written, whatever has happened to it', () => {
  let seen = 0;
  for (let seed = 1; seed <= 40; seed++) {
    for (const one of statesOf(seed)) {
      expect(decodeState(encodeState(one))).toEqual(filled(one));
      seen += one.peers.size > 0 ? 1 : 0;
    }
  }
  expect(seen).toBeGreaterThan(80);
});

test('it is text of JSON: the names of all fields, and then the values alone in the same order', () => {
  const [format, values] = JSON.parse(written) as [string, unknown[]];
  expect(format).toBe(stateFormat);
  expect(stateFormat).toMatch(/^1\(node:node,timings:\(heartbeatMs:time,.*,wakeAtMs:time\)$/);
  // node, timings, quorum, boot, seq
  expect(values.slice(0, 5)).toEqual([
    state.node,
    Object.values(wiredTimings),
    0,
    state.boot,
    state.seq,
  ]);
});

describe('nothing is made of', () => {
  test('text that was cut off anywhere', () => {
    for (let length = 0; length < written.length; length++) {
      expect(decodeState(written.slice(0, length))).toBe('not-json');
    }
  });

  test('what a build wrote that has other fields', () => {
    const [, values] = JSON.parse(written) as [string, unknown[]];
    const other = stateFormat.replace('seq:count', 'sequence:count');
    expect(decodeState(JSON.stringify([other, values]))).toBe('other-format');
    for (const text of ['null', '{}', '[]', '1', JSON.stringify([stateFormat])]) {
      expect(decodeState(text)).toBe('other-format');
    }
  });

  test('values of which any one is missing, or is something else', () => {
    const [, values] = JSON.parse(written) as [string, unknown[]];
    for (let at = 0; at < values.length; at++) {
      for (const other of [values.toSpliced(at, 1), values.with(at, { no: 'value' })]) {
        expect(decodeState(JSON.stringify([stateFormat, other]))).toBe('bad-value');
      }
    }
  });

  test('anything at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof decodeState(text)).toBe('string');
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(decodeState(JSON.stringify([stateFormat, json]))).toBe('bad-value');
      }),
    );
  });

  test('a value that was changed somewhere, unless it still is one', () => {
    fc.assert(
      fc.property(fc.nat({ max: written.length - 1 }), fc.string({ maxLength: 2 }), (at, put) => {
        const read = decodeState(written.slice(0, at) + put + written.slice(at + 1));
        const again = typeof read === 'string' ? read : decodeState(encodeState(read));
        expect(again).toEqual(read);
      }),
    );
  });
});
