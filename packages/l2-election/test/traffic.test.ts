import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Heartbeat, HeartbeatCodec, type Step, step, wiredTimings } from '../src/index.ts';
import { hmac, key, mac } from './frames.ts';
import { Segment } from './segment.ts';

// The table of the README is computed here.
const readme = readFileSync(path.join(import.meta.dirname, '..', 'README.md'), 'utf8');
const codec = new HeartbeatCodec({ hmac }, { keys: [key], electorate: 1 });

describe('the traffic of a segment at rest', () => {
  test.each([
    [3, 125],
    [10, 125],
    [50, 200],
  ])('of %s nodes with a heartbeat every %s ms is what the README says', (nodes, heartbeatMs) => {
    const cells = [10, 100].map((addresses) => {
      const share = 1 / framesAList(heartbeatMs);
      const listed = bytesPerHeartbeat(nodes, addresses);
      const unlisted = bytesPerHeartbeat(nodes, 0);
      const bytes = (share * listed + (1 - share) * unlisted) / heartbeatMs;
      return `${bytes.toFixed(1)} kB/s`;
    });
    const frames = Math.round((nodes * 1000) / heartbeatMs);
    expect(readme).toContain(`| ${nodes} (${heartbeatMs} ms) | ${frames} | ${cells.join(' | ')} |`);
  });

  test.each([
    [3, 10],
    [3, 100],
    [10, 10],
  ])('of %s simulated nodes with %s addresses is that within 3 %%', (nodes, addresses) => {
    const seconds = 8;
    const bytes = trafficOf(nodes, addresses, seconds * 1000);
    const unlisted = bytesPerHeartbeat(nodes, 0);
    const more = bytesPerHeartbeat(nodes, addresses) - unlisted;
    const { heartbeatMs } = wiredTimings;
    const frames = (seconds * 1000) / heartbeatMs;
    const expected = frames * (unlisted + more / framesAList(heartbeatMs));
    expect(Math.abs(bytes / expected - 1)).toBeLessThan(0.03);
  });

  test.each([2, 3, 5, 8])('%s nodes at rest turn once for each heartbeat of their own', (nodes) => {
    for (let seed = 1; seed <= 20; seed++) {
      const { sent, turns } = countOf(seed, nodes, 3000, 1000);
      expect(Math.abs(sent - (nodes * 1000) / wiredTimings.heartbeatMs)).toBeLessThanOrEqual(nodes);
      // A simulated timer may fire by part of a nanosecond too early.
      expect(turns - sent).toBeLessThanOrEqual(nodes);
    }
  });
});

/** How many frames there are from one with the list to the next. */
function framesAList(heartbeatMs: number): number {
  return Math.ceil(wiredTimings.deadAfterMs / heartbeatMs);
}

/** What happens from `afterMs` on. */
function countOf(
  seed: number,
  nodes: number,
  afterMs: number,
  forMs: number,
): { sent: number; turns: number } {
  const count = { sent: 0, turns: 0 };
  const counting: Step = (state, input) => {
    const [next, effects] = step(state, input);
    if (segment.queue.nowMs >= afterMs) {
      count.turns++;
      if (effects.some(({ kind }) => kind === 'send')) count.sent++;
    }
    return [next, effects];
  };
  const segment = new Segment(seed, {
    nodes,
    addresses: 2,
    startWithinMs: 1000,
    withApi: false,
    machine: counting,
  });
  segment.run(afterMs + forMs);
  return count;
}

/** Of all nodes together, if each sends its list once: an acknowledgement for each peer, an entry for each address that is held. */
function bytesPerHeartbeat(nodes: number, addresses: number): number {
  let bytes = 0;
  for (let node = 0; node < nodes; node++) {
    const idle: Heartbeat = {
      node: '0'.repeat(16),
      boot: 1,
      seq: 1,
      ageMs: 1,
      wallS: 1,
      leaving: false,
      passive: false,
      quiet: true,
      held: 0,
      acknowledgements: Array.from({ length: nodes - 1 }, () => ({
        node: '0'.repeat(16),
        boot: 1,
        evidence: 1,
        direct: 1,
      })),
      listSeq: 1,
      entries: Array.from({ length: addresses }, (_, index) => index)
        .filter((index) => index % nodes === node)
        .map((index) => ({ kind: 'hold', address: `192.0.2.${index}`, term: 1 })),
    };
    for (const frame of codec.encode(idle, mac)) bytes += frame.length;
  }
  return bytes;
}

/** Measured from the real bytes of a simulated segment. */
function trafficOf(nodes: number, addresses: number, forMs: number): number {
  let bytes = 0;
  let counting = false;
  const counted: Step = (state, input) => {
    const [next, effects] = step(state, input);
    for (const effect of effects) {
      if (effect.kind !== 'send' || !counting) continue;
      for (const frame of codec.encode(effect.heartbeat, mac)) bytes += frame.length;
    }
    return [next, effects];
  };
  const segment = new Segment(1, { nodes, addresses, withApi: false, machine: counted });
  segment.run(2400);
  expect(segment.oracle.answerers().every(({ length }) => length === 1)).toBe(true);
  counting = true;
  segment.run(2400 + forMs);
  return bytes;
}
