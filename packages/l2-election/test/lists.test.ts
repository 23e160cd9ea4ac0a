import { describe, expect, test } from 'vitest';
import { type ElectionEvent, type ElectionState, type Heartbeat, step } from '../src/index.ts';
import { holderOf, pair, timings, wallMs, Wire, x } from './wire.ts';

// What a node says of addresses rides in a frame while it is news, until all have it, and now and then.

const isListed = ({ entries }: Heartbeat): boolean => entries !== undefined && entries.length > 0;

function saidBy(wire: Wire, name: string): Heartbeat[] {
  return wire.sent.filter(({ node }) => node === name.padStart(16, '0'));
}

function idOf(name: string): string {
  return name.padStart(16, '0');
}

/** What `to` makes of one more frame of `from`, changed in some way. */
function hear(
  wire: Wire,
  to: string,
  heartbeat: Heartbeat,
): { before: ElectionState; after: ElectionState } {
  const before = wire.states.get(to);
  if (before === undefined) throw new Error(`${to} does not run`);
  const events: ElectionEvent[] = [{ kind: 'heartbeat', heartbeat, mac: 'mac' }];
  const nowMs = wire.nowMs;
  const [after] = step(before, { nowMs, wallMs: wallMs + nowMs, events, readAll: true });
  return { before, after };
}

describe('a list that all have', () => {
  test('is said again as often as one that hears nothing else needs it, and not in the other frames', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    wire.run(1000);
    wire.sent.length = 0;
    const { deadAfterMs, heartbeatMs } = timings;
    const framesAList = Math.ceil(deadAfterMs / heartbeatMs);
    wire.run(10 * framesAList * heartbeatMs);
    const said = saidBy(wire, holder);
    expect(said.length).toBeGreaterThanOrEqual(10 * framesAList);
    expect(said.filter(isListed)).toHaveLength(10);
    expect(said.every(({ listSeq }) => listSeq === said[0]?.listSeq)).toBe(true);
  });

  test('is said in every frame as soon as somebody is there who does not have it', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    wire.run(1000);
    wire.cut.add(`${holder}>c`);
    wire.start('c');
    wire.run(50);
    wire.sent.length = 0;
    wire.run(500);
    expect(saidBy(wire, holder).every(isListed)).toBe(true);
    wire.cut.clear();
    wire.run(1500);
    wire.sent.length = 0;
    wire.run(timings.deadAfterMs - 100);
    expect(saidBy(wire, holder).filter(isListed).length).toBeLessThan(2);
  });

  test('is news to one whom nobody hears, too: it is said in every frame until that one must take us for dead', () => {
    const wire = pair();
    const [holder, other] = holderOf(wire);
    wire.run(1000);
    wire.cut.add(`${other}>${holder}`);
    wire.run(timings.deadAfterMs + 100);
    // Nobody is left who could acknowledge anything.
    wire.tell(holder, { kind: 'alone', alone: true });
    wire.run(timings.deadAfterMs);
    wire.sent.length = 0;
    wire.tell(holder, { kind: 'stand', address: '192.0.2.2', candidacy: {} });
    wire.run(timings.probingMs + timings.deadAfterMs);
    const news = saidBy(wire, holder).filter(({ held }) => held === 2);
    expect(news.length).toBeGreaterThan(5);
    expect(news.every(isListed)).toBe(true);
  });

  test('is said to a node that lost it, although it once had it', () => {
    const wire = pair();
    const [holder, other] = holderOf(wire);
    wire.run(1000);
    wire.start(other, 2);
    wire.sent.length = 0;
    wire.run(120);
    expect(saidBy(wire, holder).filter(isListed).length).toBeGreaterThan(0);
    expect(wire.states.get(other)?.peers.get(idOf(holder))?.list).toHaveLength(1);
  });
});

describe('a frame that refers to a list which the reader lacks', () => {
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.run(1000);
  const last = saidBy(wire, holder).at(-1);
  if (last === undefined) throw new Error('the holder said nothing');
  const stranger = { ...last, seq: last.seq + 1, listSeq: last.seq + 1, entries: undefined };
  const peerOf = (state: ElectionState): NonNullable<ReturnType<typeof state.peers.get>> => {
    const peer = state.peers.get(idOf(holder));
    if (peer === undefined) throw new Error('the holder is not known');
    return peer;
  };

  test('is a sign of life and a promise', () => {
    wire.nowMs += 40;
    const { before, after } = hear(wire, other, stranger);
    expect(peerOf(after).heardAtMs).toBe(wire.nowMs);
    expect(peerOf(after).evidence).toBe(stranger.seq);
    expect(peerOf(after).anchorMs).toBeGreaterThanOrEqual(peerOf(before).anchorMs);
  });

  test('leaves standing what is known, and is not acknowledged as received', () => {
    const { before, after } = hear(wire, other, stranger);
    expect(peerOf(after).list).toBe(peerOf(before).list);
    expect(peerOf(after).direct).toBe(peerOf(before).direct);
  });

  test('counts once, however often it is repeated', () => {
    const { after } = hear(wire, other, stranger);
    wire.states.set(other, after);
    const atMs = wire.nowMs;
    wire.nowMs += 40;
    expect(peerOf(hear(wire, other, stranger).after).heardAtMs).toBe(atMs);
  });

  test('is no consent to a claim, whatever it acknowledges', () => {
    const parted = pair();
    const [dead, claimant] = holderOf(parted);
    parted.start('c');
    parted.run(1500);
    // The holder dies; of the third node's frames only the next one that says nothing of addresses arrives.
    parted.states.delete(dead);
    parted.cut.add(`c>${claimant}`);
    parted.run(timings.deadAfterMs - 100);
    const state = parted.states.get(claimant);
    const third = saidBy(parted, 'c').at(-1);
    if (state === undefined || third === undefined) throw new Error('somebody is missing');
    const acknowledgements = [
      { node: state.node, boot: state.boot, evidence: state.seq, direct: state.seq },
    ];
    const objecting = { ...third, seq: third.seq + 1, listSeq: third.seq + 1, acknowledgements };
    const { after } = hear(parted, claimant, { ...objecting, entries: undefined });
    const before = state.peers.get(third.node);
    expect(after.peers.get(third.node)?.ackDirect).toBe(before?.ackDirect);
    expect(after.peers.get(third.node)?.anchorMs).toBeGreaterThan(before?.anchorMs ?? NaN);
    const agreeing = hear(parted, claimant, { ...objecting, entries: [] }).after;
    expect(agreeing.peers.get(third.node)?.ackDirect).toBe(state.seq);
  });
});

test('a claim waits for the list of a node that is heard, also of one that need not consent', () => {
  // A schedule of the simulation, 2752: one that held was heard, and what it held was not.
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.run(1000);
  const state = wire.states.get(other);
  const peer = state?.peers.get(idOf(holder));
  if (state === undefined || peer === undefined) throw new Error('somebody is missing');
  const after = (isListMissing: boolean): string[] => {
    const parted = pair();
    parted.states.delete(holder);
    parted.states.set(other, {
      ...state,
      peers: new Map([
        [idOf(holder), { ...peer, isListMissing, passive: true, entries: new Map() }],
      ]),
    });
    parted.nowMs = wire.nowMs;
    parted.tell(other, { kind: 'foreign-frame' });
    parted.run(300);
    return parted.answerers();
  };
  expect(after(false)).toEqual([other]);
  expect(after(true)).toEqual([]);
});

test('an address changes hands as soon as before: a new list rides in the very frame that is the news', () => {
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.run(1000);
  wire.tell(holder, { kind: 'resign', address: x });
  wire.run(3);
  expect(wire.answerers()).toEqual([other]);
});
