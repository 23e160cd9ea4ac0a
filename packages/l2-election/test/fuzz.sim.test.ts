import { seededRandom } from '@picluster/testkit';
import { expect, test } from 'vitest';
import {
  type ElectionState,
  type Entry,
  type Heartbeat,
  HeartbeatCodec,
  initialState,
  step,
  wiredTimings,
} from '../src/index.ts';
import { heartbeat, hmac, key, mac } from './frames.ts';

// FUZZ_FRAMES=10000000 for the long run.
const count = Number(process.env['FUZZ_FRAMES'] ?? 100_000);
const codeBytes = 16;

const electorate = 7;
const codec = new HeartbeatCodec({ hmac }, { keys: [key], electorate });
const random = seededRandom(1);
const below = (limit: number): number => Math.floor(random() * limit);

/** Good frames to start from: short, with IPv6, and in parts. */
const good: readonly Uint8Array[] = [
  ...codec.encode(heartbeat, mac),
  ...codec.encode({ ...heartbeat, acknowledgements: [], entries: [] }, mac),
  ...codec.encode({ ...heartbeat, entries: undefined }, mac),
  ...codec.encode({ ...heartbeat, entries: manyEntries() }, mac),
];

function manyEntries(): Entry[] {
  return Array.from({ length: 200 }, (_, at): Entry => {
    const address = at % 3 === 0 ? `2001:db8::${(at + 1).toString(16)}` : `10.0.0.${at}`;
    const of = { address, term: at };
    return at % 5 === 0 ? { kind: 'give', ...of, node: heartbeat.node } : { kind: 'hold', ...of };
  });
}

function arbitrary(): Uint8Array {
  return Uint8Array.from({ length: below(below(4) === 0 ? 1600 : 120) }, () => below(256));
}

/** A good frame with bytes changed, cut out, doubled, or its counts and lengths made up. */
function mutated(): Uint8Array {
  let frame = Uint8Array.from(good[below(good.length)] ?? []);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(frame.length);
    const dice = below(8);
    if (dice < 4) frame[at] = below(256);
    else if (dice === 4) frame = frame.slice(0, at);
    else if (dice === 5)
      frame = Uint8Array.from([...frame.subarray(0, at), ...frame.subarray(at >> 1)]);
    else frame[44 + below(8)] = below(4) === 0 ? 255 : below(4);
  }
  return frame;
}

/** Makes the length and the code fit again, so that what is behind them is read. */
function signed(frame: Uint8Array): Uint8Array {
  if (frame.length < 56 + codeBytes) return frame;
  const view = new DataView(frame.buffer);
  view.setUint16(54, frame.length - 56 - codeBytes);
  const code = hmac(key, frame.subarray(6, frame.length - codeBytes)).subarray(0, codeBytes);
  frame.set(code, frame.length - codeBytes);
  return frame;
}

function freshState(): ElectionState {
  const state = initialState({ node: 'a'.repeat(16), boot: 1, timings: wiredTimings, nowMs: 0 });
  const stand = { kind: 'stand', address: '192.0.2.1', candidacy: {} } as const;
  const [started] = step(state, { nowMs: 0, wallMs: 0, events: [stand], readAll: true });
  return started;
}

test(
  'arbitrary and mutated frames are read or refused by name, and what is read never upsets a node',
  { timeout: 60_000 + count },
  () => {
    const kinds = { heartbeat: 0, part: 0, fault: 0 };
    let state = freshState();
    let nowMs = 0;
    for (let index = 0; index < count; index++) {
      const frame = index % 4 === 0 ? arbitrary() : mutated();
      const read = codec.read(index % 2 === 0 ? frame : signed(frame));
      kinds[read.kind]++;
      if (read.kind !== 'heartbeat') continue;
      if (index % 16 === 1) expectSameAgain(read.heartbeat);
      if (kinds.heartbeat % 500 === 0) [state, nowMs] = [freshState(), 0];
      nowMs += below(100);
      const event = { kind: 'heartbeat', heartbeat: read.heartbeat, mac: 'm' } as const;
      [state] = step(state, { nowMs, wallMs: 0, events: [event], readAll: true });
      const isSane = state.wakeAtMs > nowMs && state.wakeAtMs < nowMs + 1000;
      if (!isSane) throw new Error(`frame ${index}: wakes at ${state.wakeAtMs}`);
    }
    // Each way out was taken often, and a good frame is read as ever.
    expect(Math.min(...Object.values(kinds)) / count).toBeGreaterThan(0.02);
    expect(codec.read(good[0] ?? new Uint8Array())).toEqual({ kind: 'heartbeat', heartbeat, mac });
  },
);

function expectSameAgain(beat: Heartbeat): void {
  const frames = codec.encode(beat, mac);
  const reader = new HeartbeatCodec({ hmac }, { keys: [key], electorate });
  const [last] = frames.map((frame) => reader.read(frame)).slice(-1);
  expect(last).toEqual({ kind: 'heartbeat', heartbeat: beat, mac });
}
