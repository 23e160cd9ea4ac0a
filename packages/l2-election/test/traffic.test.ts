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
    [3, 100],
    [10, 100],
    [50, 200],
  ])('of %s nodes with a heartbeat every %s ms is what the README says', (nodes, heartbeatMs) => {
    const cells = [10, 100].map((addresses) => {
      const share = heartbeatMs / wiredTimings.deadAfterMs;
      const listed = bytesPerHeartbeat(nodes, addresses);
      const unlisted = bytesPerHeartbeat(nodes, 0);
      const bytes = (share * listed + (1 - share) * unlisted) / heartbeatMs;
      return `${bytes.toFixed(1)} kB/s`;
    });
    const frames = (nodes * 1000) / heartbeatMs;
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
    // Ten frames a second, every eighth with the list.
    const expected = 10 * seconds * (unlisted + more / 8);
    expect(bytes / expected).toBeCloseTo(1, 1.5);
  });
});

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
