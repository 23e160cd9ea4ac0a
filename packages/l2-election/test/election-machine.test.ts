import { describe, expect, test } from 'vitest';
import {
  alienMs,
  type ElectionEvent,
  type ElectionState,
  type Heartbeat,
  initialState,
  rightOf,
  step,
} from '../src/index.ts';
import { freshClaimsInATurn, gainsInATurn } from '../src/claiming.ts';
import { newAddress } from '../src/election-state.ts';
import { holderOf, pair, timings, wallMs, Wire, x } from './wire.ts';

describe('one node', () => {
  test('listens, probes, and answers a second after its start', () => {
    const wire = new Wire();
    wire.start('a');
    wire.run(timings.deadAfterMs + timings.probingMs - 5);
    expect(wire.answerers()).toEqual([]);
    wire.run(30);
    expect(wire.answerers()).toEqual(['a']);
    expect(wire.kinds()).toEqual(['a claiming', 'a probe', 'a probe', 'a probe', 'a gained']);
  });

  test('sends the frame that says so before it answers', () => {
    const state = { ...initialState({ node: 'a'.padStart(16, '0'), boot: 1, timings, nowMs: 0 }) };
    let [next] = step(state, turnAt(0, { kind: 'stand', address: x, candidacy: {} }));
    for (let ms = 1; ms < 1100; ms++) {
      const [after, effects] = step(next, turnAt(ms, { kind: 'foreign-frame' }));
      next = after;
      const kinds = effects.map(({ kind }) => kind);
      if (!kinds.includes('gained')) continue;
      expect(kinds.indexOf('send')).toBeLessThan(kinds.indexOf('gained'));
      return;
    }
    expect.fail('it never answered');
  });

  test('asks the segment for some in a turn, and of what it had claims, and begins to answer for, a thousand in a turn, each time with a frame that says so', () => {
    const wire = new Wire();
    wire.start('a');
    const all = Array.from({ length: 2 * gainsInATurn + 1 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
    wire.tell('a', ...all.map((address) => ({ kind: 'stand' as const, address, candidacy: {} })));
    const seen = (forMs: number, ...kinds: readonly string[]): Map<number, number>[] => {
      const at = kinds.map(() => new Map<number, number>());
      for (const endMs = wire.nowMs + forMs; wire.nowMs < endMs;) {
        const before = wire.effects.length;
        wire.run(1);
        const now = wire.effects.slice(before);
        for (const [index, kind] of kinds.entries()) {
          const count = now.filter((effect) => effect.kind === kind).length;
          if (count > 0) at[index]?.set(wire.nowMs, count);
        }
      }
      return at;
    };
    const [fresh = new Map<number, number>()] = seen(3000, 'claiming');
    expect([...fresh.values()]).toEqual([
      ...Array.from({ length: 8 }, () => freshClaimsInATurn),
      all.length + 1 - 8 * freshClaimsInATurn,
    ]);
    expect(heldBy(wire, 'a')).toBe(all.length + 1);
    expect(wire.kinds().filter((kind) => kind === 'a lost')).toEqual([]);

    wire.tell('a', { kind: 'link', up: false });
    wire.run(10);
    expect(heldBy(wire, 'a')).toBe(0);
    wire.tell('a', { kind: 'link', up: true });
    const [claimed, again = new Map<number, number>()] = seen(3000, 'claiming', 'gained');
    expect([...(claimed?.values() ?? [])]).toEqual([gainsInATurn, gainsInATurn, 2]);
    expect([...again.values()]).toEqual([gainsInATurn, gainsInATurn, 2]);
    const [first = 0, , last = 0] = again.keys();
    expect(last - first).toBeLessThan(timings.deadAfterMs);
  });

  test('leaves the state that it was given as it was', () => {
    const wire = pair();
    const before = wire.states.get('a');
    expect(before).toBeDefined();
    if (before === undefined) return;
    const copy = structuredClone(before);
    const heard = wire.sent.findLast(({ node }) => node !== before.node);
    expect(heard).toBeDefined();
    if (heard === undefined) return;
    const later = { ...heard, seq: heard.seq + 1 };
    step(
      before,
      turnAt(wire.nowMs, { kind: 'heartbeat', heartbeat: later, mac: 'm' }, { kind: 'leave' }),
    );
    expect(before).toEqual(copy);
  });
});

describe('a frame that was recorded', () => {
  test('and is repeated changes nothing', () => {
    const wire = pair();
    const [holder, other] = holderOf(wire);
    for (const heartbeat of wire.sent) {
      const to = heartbeat.node.endsWith(holder) ? other : holder;
      wire.tell(to, { kind: 'heartbeat', heartbeat, mac: 'attacker' });
    }
    const before = wire.kinds();
    wire.run(2000);
    expect(wire.answerers()).toEqual([holder]);
    expect(wire.kinds()).toEqual(before);
  });

  test('before our start is taken for nothing, an hour later', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    const recorded = wire.sent.filter(({ node }) => node.endsWith(holder));
    const later = new Wire();
    later.start('c', 9);
    later.start('d', 3);
    later.wallOffsetMs.set('c', 3_600_000).set('d', 3_600_000);
    for (const heartbeat of recorded)
      later.tell('c', { kind: 'heartbeat', heartbeat, mac: 'attacker' });
    later.run(1500);
    expect(later.answerers()).toHaveLength(1);
  });

  test('does not hide the living boot of a node which cannot hear us, although it knows more of us than we ever heard from it', () => {
    // A schedule of the simulation, 37305: its last frames had been lost, and came as recordings after its restart.
    const wire = pair();
    const [holder, other] = holderOf(wire);
    wire.cut.add(`${other}>${holder}`);
    wire.run(500);
    const recorded = wire.sent.filter(({ node }) => node.endsWith(other)).slice(-4);
    wire.states.delete(other);
    wire.run(500);
    wire.cut.clear();
    wire.cut.add(`${holder}>${other}`);
    wire.start(other, 2);
    wire.run(400);
    const peerOf = (): number | undefined =>
      wire.states.get(holder)?.peers.get(other.padStart(16, '0'))?.boot;
    expect(peerOf()).toBe(2);
    for (const heartbeat of recorded) wire.tell(holder, { kind: 'heartbeat', heartbeat, mac: 'm' });
    wire.run(1);
    expect(peerOf()).toBe(2);
    // It cannot tell the holder's promise from silence and takes over in time; the holder has stopped by then.
    for (let ms = 0; ms < 1500; ms++) {
      wire.run(1);
      expect(wire.answerers().length).toBeLessThan(2);
    }
    expect(wire.answerers()).toEqual([other]);
  });

  test('does not hide the living boot of a node because a third that was away read it and speaks of both boots', () => {
    // A schedule of the simulation, 26867: the third was stopped while the node started anew, and read what the ended boot had sent before.
    const wire = pair();
    const [holder, other] = holderOf(wire);
    const id = other.padStart(16, '0');
    const [last] = wire.sent.filter(({ node }) => node === id).slice(-1);
    if (last === undefined) throw new Error('it never spoke');
    wire.states.delete(other);
    wire.run(timings.deadAfterMs);
    const acknowledgements = [{ node: id, boot: 99, evidence: 65, direct: 65 }];
    const bootAfter = (acks: typeof acknowledgements): number | undefined => {
      const third = { ...last, node: 'e'.repeat(16), boot: 5, seq: 1, acknowledgements: acks };
      const state = wire.states.get(holder);
      if (state === undefined) throw new Error('nobody holds');
      const [next] = step(
        state,
        turnAt(wire.nowMs, { kind: 'heartbeat', heartbeat: third, mac: 'm' }),
      );
      return next.peers.get(id)?.boot;
    };
    expect(bootAfter(acknowledgements)).toBe(99);
    const both = [...acknowledgements, { node: id, boot: last.boot, evidence: 0, direct: 0 }];
    expect(bootAfter(both)).toBe(last.boot);
  });

  test('does not hide the living boot of a node, nor its acknowledgements', () => {
    const wire = pair();
    const [holder, other] = holderOf(wire);
    const before = wire.kinds();
    for (const beat of wire.sent.filter(({ node }) => node.endsWith(other))) {
      const heartbeat = { ...beat, boot: 77, seq: beat.seq + 1e6 };
      wire.tell(holder, { kind: 'heartbeat', heartbeat, mac: 'attacker' });
      wire.run(20);
      expect(wire.answerers()).toEqual([holder]);
    }
    expect(wire.kinds()).toEqual(before);
  });
});

test.each([0, 100, 350])(
  'a new address goes to the node that is preferred, though it is told %s ms later than the others',
  (laterMs) => {
    const wire = new Wire();
    for (const name of ['a', 'b', 'c']) {
      wire.start(name);
      wire.inboxes.set(name, []);
    }
    wire.run(2000);
    const told: ElectionEvent = {
      kind: 'stand',
      address: x,
      candidacy: { preferred: ['c'.padStart(16, '0')] },
    };
    wire.tell('a', told);
    wire.tell('b', told);
    wire.run(laterMs);
    wire.tell('c', told);
    wire.run(400);
    expect(wire.answerers()).toEqual(['c']);
  },
);

test('a new address does not wait for long for a preferred node that is never told', () => {
  const wire = new Wire();
  for (const name of ['a', 'b']) {
    wire.start(name);
    wire.inboxes.set(name, []);
  }
  wire.run(2000);
  const candidacy = { preferred: ['b'.padStart(16, '0')] };
  wire.tell('a', { kind: 'stand', address: x, candidacy });
  wire.run(750);
  expect(wire.answerers()).toEqual(['a']);
});

test('nodes whose wall clocks are years apart find each other all the same', () => {
  const wire = new Wire();
  wire.start('a');
  wire.start('b');
  wire.wallOffsetMs.set('b', -1e12);
  wire.run(2000);
  expect(wire.answerers()).toHaveLength(1);
});

test('a node that nobody of the others hears claims nothing while they hold, and then nobody answers twice', () => {
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.cut.add(`${holder}>${other}`);
  for (let ms = 0; ms < 3000; ms++) {
    wire.run(1);
    expect(wire.answerers().length).toBeLessThanOrEqual(1);
  }
});

test('a leaving holder names its successor, which answers in the same millisecond', () => {
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.tell(holder, { kind: 'leave' });
  wire.run(2);
  expect(wire.answerers()).toEqual([other]);
});

test('a node that comes back gets nothing back', () => {
  const wire = pair();
  const [holder, other] = holderOf(wire);
  wire.states.delete(holder);
  wire.run(1000);
  expect(wire.answerers()).toEqual([other]);
  wire.start(holder, 2);
  wire.run(3000);
  expect(wire.answerers()).toEqual([other]);
});

describe('a machine that is no speaker', () => {
  test('keeps the address that it answers for, is named, and loses it to us when it leaves', () => {
    const wire = new Wire();
    wire.start('a');
    wire.run(900);
    wire.tell('a', { kind: 'answer-heard', address: x, mac: '02:00:00:00:00:99' });
    wire.run(5000);
    expect(wire.answerers()).toEqual([]);
    expect(wire.effects).toContainEqual({
      kind: 'conflict',
      address: x,
      mac: '02:00:00:00:00:99',
      node: 'a',
    });
    expect(wire.kinds()).not.toContain('a gained');
    wire.run(alienMs);
    expect(wire.answerers()).toEqual(['a']);
  });

  test('is reported by a holder, which goes on: whether to fight is not decided here', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    wire.tell(holder, { kind: 'answer-heard', address: x, mac: '02:00:00:00:00:99' });
    wire.run(100);
    expect(wire.kinds()).toContain(`${holder} conflict`);
    expect(wire.answerers()).toEqual([holder]);
  });

  test('is not one whose frames we know: switches answer for speakers, also for dead ones', () => {
    const wire = pair();
    const [holder, other] = holderOf(wire);
    wire.tell(other, { kind: 'answer-heard', address: x, mac: `mac-${holder}` });
    wire.run(100);
    expect(wire.kinds()).not.toContain(`${other} conflict`);
  });
});

test('two processes under one name both stop, and say so; an echo of the last boot stops nobody', () => {
  const wire = pair();
  const [holder] = holderOf(wire);
  const echo = wire.sent.findLast(({ node }) => node.endsWith(holder));
  if (echo === undefined) throw new Error('nothing sent');
  wire.tell(holder, { kind: 'heartbeat', heartbeat: { ...echo, boot: 5 }, mac: 'twin' });
  wire.run(50);
  expect(wire.answerers()).toEqual([holder]);
  const acknowledgements = [{ node: echo.node, boot: echo.boot, evidence: 0, direct: 0 }];
  wire.tell(holder, {
    kind: 'heartbeat',
    heartbeat: { ...echo, boot: 5, acknowledgements },
    mac: 'twin',
  });
  wire.run(2);
  expect(wire.answerers()).not.toContain(holder);
  expect(wire.kinds()).toContain(`${holder} duplicate-identity`);
});

test('a stranger is asked for a frame only when the peers are silent', () => {
  const wire = pair();
  wire.solicited = 0;
  wire.run(5000);
  expect(wire.solicited).toBe(0);
  wire.states.delete('b');
  wire.run(500);
  expect(wire.solicited).toBeGreaterThanOrEqual(2);
  expect(wire.states.get('a')?.passive).toBe(false);
});

describe('what waited while the process was stopped', () => {
  const beat: Heartbeat = {
    node: 'b'.padStart(16, '0'),
    boot: 3,
    seq: 1,
    ageMs: 0,
    wallS: wallMs / 1000,
    leaving: false,
    passive: false,
    quiet: false,
    held: 0,
    acknowledgements: [],
    listSeq: 0,
    entries: [],
  };
  const fresh = initialState({ node: 'a'.padStart(16, '0'), boot: 1, timings, nowMs: 0 });
  const heardAt = (state: ElectionState, nowMs: number, seq: number): ElectionState =>
    step(state, turnAt(nowMs, { kind: 'heartbeat', heartbeat: { ...beat, seq }, mac: 'm' }))[0];
  const keptAt = (state: ElectionState, nowMs: number, seq: number, heardMs: number): number => {
    const event = { kind: 'heartbeat', heartbeat: { ...beat, seq }, mac: 'm', heardMs } as const;
    return step(state, turnAt(nowMs, event))[0].peers.get(beat.node)?.heardAtMs ?? NaN;
  };
  const anchorOf = (state: ElectionState): number => state.peers.get(beat.node)?.anchorMs ?? NaN;

  test('counts as heard when the link got it, between the last look and now', () => {
    const state = heardAt(fresh, 20, 1);
    const { heartbeatMs } = timings;
    const nowMs = 20 + heartbeatMs;
    expect(keptAt(state, nowMs, 2, nowMs - 30)).toBe(nowMs - 30);
    expect(keptAt(state, nowMs, 2, 5)).toBe(20);
    expect(keptAt(state, nowMs, 2, nowMs + 5)).toBe(nowMs);
  });

  test('counts as heard now where the last look is so long ago that the process was stopped', () => {
    const state = heardAt(fresh, 20, 1);
    const nowMs = 20 + 2 * timings.heartbeatMs;
    expect(keptAt(state, nowMs, 2, nowMs - 30)).toBe(nowMs);
  });

  test('is dated by the last look, so that a promise is not taken to be younger than it is', () => {
    const state = heardAt(heardAt(fresh, 10, 1), 20, 2);
    // Promised at 20 ms or later, for what we know; a stall of 500 ms makes that no later.
    expect(anchorOf(heardAt(state, 520, 3))).toBe(20 - timings.delayMs);
  });

  test('gives no grace to a peer that only we could not hear', () => {
    const state = heardAt(heardAt(fresh, 10, 1), 20, 2);
    const graceMs = 620 - (timings.deadAfterMs - timings.marginMs) + timings.graceMs;
    expect(anchorOf(heardAt(state, 620, 3))).toBeLessThan(graceMs);
    // One that was silent while we looked gets it.
    const [looked] = step(state, turnAt(600));
    expect(anchorOf(heardAt(looked, 620, 3))).toBeGreaterThanOrEqual(graceMs);
  });

  test('still binds us before it is read', () => {
    const state = heardAt(heardAt(fresh, 10, 1), 20, 2);
    expect(rightOf(state).by).toBe('peer');
    // No turn since: whatever time it is now, the promise counts.
    expect(rightOf({ ...state, lastSentMs: 5000 }).by).toBe('peer');
  });
});

describe('the API', () => {
  test('that names a newer owner stops the holder', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    wire.tell(holder, { kind: 'api-record', address: x, term: 99, node: 'f'.repeat(16) });
    wire.run(1);
    expect(wire.answerers()).toEqual([]);
  });

  test('that names an older owner is told again who holds, as what was to be written before is void', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    const state = wire.states.get(holder);
    if (state === undefined) throw new Error('nobody holds');
    const held = state.addresses.get(x)?.term ?? 0;
    const other = { kind: 'api-record', address: x, term: held - 1, node: 'f'.repeat(16) } as const;
    const [, effects] = step(state, turnAt(wire.nowMs, other));
    expect(effects).toContainEqual({ kind: 'record', address: x, term: held });
    const named = { ...state.addresses.get(x), record: { term: 5, node: state.node, atMs: 0 } };
    const knowing = { ...state, addresses: new Map([[x, { ...newAddress(), ...named, term: 5 }]]) };
    const [next, again] = step(knowing, turnAt(wire.nowMs, other));
    expect(again).toContainEqual({ kind: 'record', address: x, term: 5 });
    expect(next.addresses.get(x)?.record?.node).toBe(state.node);
  });

  test('that names the holder under its term is remembered, and no address need be looked at for it', () => {
    const wire = pair();
    const [holder] = holderOf(wire);
    wire.run(10_000);
    const before = wire.states.get(holder);
    if (before === undefined) throw new Error('it has no state');
    const term = before.addresses.get(x)?.term ?? 0;
    const event = { kind: 'api-record', address: x, term, node: before.node } as const;
    const turn = { nowMs: before.lastSentMs + 1, wallMs: 0, readAll: true };
    const [after] = step(before, { ...turn, events: [event] });
    expect(before.settledAtMs).toBeGreaterThan(0);
    expect(after.settledAtMs).toBe(before.settledAtMs);
    expect(after.addresses.get(x)?.record).toMatchObject({ term, node: before.node });
    const [other] = step(before, { ...turn, events: [{ ...event, term: term - 1 }] });
    expect(other.settledAtMs).not.toBe(before.settledAtMs);
  });

  test('that shows an unheard owner alive keeps others from claiming, for 15 s at most', () => {
    const wire = new Wire();
    wire.start('a');
    wire.tell('a', { kind: 'api-reachable', reachable: true });
    wire.tell('a', { kind: 'api-record', address: x, term: 4, node: 'f'.repeat(16) });
    wire.tell('a', { kind: 'api-alive', node: 'f'.repeat(16), agoMs: 0 });
    wire.run(14_900);
    expect(wire.kinds()).not.toContain('a claiming');
    wire.run(3000);
    expect(wire.answerers()).toEqual(['a']);
  });
});

function heldBy(wire: Wire, name: string): number {
  const addresses = wire.states.get(name)?.addresses.values() ?? [];
  return [...addresses].filter(({ mode }) => mode === 'hold').length;
}

function turnAt(nowMs: number, ...events: ElectionEvent[]) {
  return { nowMs, wallMs: wallMs + nowMs, events, readAll: true };
}
