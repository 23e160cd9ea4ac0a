import { beforeEach, describe, expect, test } from 'vitest';
import { apiLifeMs, isOutOfEarshot, isParted } from '../src/earshot.ts';
import { Turn } from '../src/turn.ts';
import { timings, wallMs, Wire, x } from './wire.ts';

const idOf = (name: string): string => name.padStart(16, '0');

/** The hub hears both others and they hear it; one and two hear nothing of each other. */
let wire: Wire;
beforeEach(() => {
  wire = new Wire();
  for (const name of ['one', 'two', 'hub']) {
    wire.start(name);
    wire.tell(name, { kind: 'api-reachable', reachable: true });
  }
  wire.run(2_000);
  wire.cut.add('one>two').add('two>one');
  wire.run(2_000);
});

function turnOf(name: string): Turn {
  const state = wire.states.get(name);
  if (state === undefined) throw new Error(`no ${name}`);
  return new Turn(state, { nowMs: wire.nowMs, wallMs, events: [], readAll: true });
}

/** Whether one takes two for out of earshot. */
function isTwoOut(): boolean {
  const turn = turnOf('one');
  const peer = turn.state.peers.get(idOf('two'));
  if (peer === undefined) throw new Error('it never heard of two');
  const is = isOutOfEarshot(turn, idOf('two'), peer);
  expect(isParted(turn)).toBe(is);
  return is;
}

function record(owner: string, term: number): void {
  for (const name of wire.states.keys()) {
    wire.tell(name, { kind: 'api-record', address: x, term, node: idOf(owner) });
  }
  wire.run(1);
}

describe('a node that was known by others alone', () => {
  test('lives while the hub tells of it, is out of earshot when the hub is dead, and counts as dead when the API could have told of it', () => {
    expect(isTwoOut()).toBe(false);
    wire.states.delete('hub');
    wire.run(timings.deadAfterMs + timings.heartbeatMs);
    expect(isTwoOut()).toBe(true);
    wire.run(apiLifeMs - timings.deadAfterMs - 3 * timings.heartbeatMs);
    expect(isTwoOut()).toBe(true);
    wire.run(3 * timings.heartbeatMs);
    expect(isTwoOut()).toBe(false);
  });

  test('is dead when the hub goes on speaking and gets nothing of it', () => {
    wire.states.delete('two');
    wire.run(timings.deadAfterMs + timings.heartbeatMs);
    expect(isTwoOut()).toBe(false);
  });

  test.each([
    ['without the API', { kind: 'api-reachable', reachable: false }],
    ['where the API knows of no other', { kind: 'alone', alone: true }],
  ] as const)('is dead with the hub %s', (_title, event) => {
    wire.states.delete('hub');
    wire.tell('one', event);
    wire.run(timings.deadAfterMs + timings.heartbeatMs);
    expect(isTwoOut()).toBe(false);
  });
});

test('a node that was heard itself until then died', () => {
  wire.cut.clear();
  wire.run(2_000);
  wire.states.delete('hub');
  wire.states.delete('two');
  wire.run(timings.deadAfterMs + timings.heartbeatMs);
  expect(isTwoOut()).toBe(false);
});

describe('where the segment fell apart', () => {
  test('what the API names as the other node’s is left to it', () => {
    record('two', 9);
    wire.states.delete('hub');
    wire.states.delete('two');
    wire.run(5_000);
    expect(wire.answerers()).toEqual([]);
  });

  test('nobody answers for what the hub held before the API names him, and then he does', () => {
    record('hub', 9);
    wire.run(timings.heartbeatMs);
    wire.states.delete('hub');
    wire.run(5_000);
    expect(wire.answerers()).toEqual([]);
    const claim = wire.states.get('one')?.addresses.get(x);
    expect(claim).toMatchObject({ mode: 'claim', recordAsked: true });
    record('one', claim?.term ?? 0);
    wire.run(timings.heartbeatMs);
    expect(wire.answerers()).toEqual(['one']);
    expect(wire.states.get('two')?.addresses.get(x)?.mode).toBe('idle');
  });

  test('a claim ends when the API names the other node, under a lower term too', () => {
    record('hub', 9);
    wire.run(timings.heartbeatMs);
    wire.states.delete('hub');
    wire.run(2_000);
    const { term = 0 } = wire.states.get('one')?.addresses.get(x) ?? {};
    record('two', term - 1);
    expect(wire.states.get('one')?.addresses.get(x)?.mode).toBe('idle');
    expect(wire.states.get('two')?.addresses.get(x)).toMatchObject({ mode: 'claim' });
  });

  describe('a holder that heard of another by a third, which dies,', () => {
    test('goes on where the API names it', () => {
      const holder = loseHub((owner) => record(owner, 1));
      expect(wire.answerers()).toEqual([holder]);
    });

    test('lets go where it is not recorded yet: the other part cannot know of it', () => {
      const holder = loseHub(() => {});
      expect(wire.answerers()).toEqual([]);
      const lost = { kind: 'lost', address: x, reason: 'unrecorded', node: holder };
      expect(wire.effects).toContainEqual(lost);
    });
  });

  /** Whoever holds, and another, hear nothing of each other for a while; then the third dies. */
  function loseHub(before: (holder: string) => void): string {
    const [holder = ''] = wire.answerers();
    const [other = '', third = ''] = [...wire.states.keys()].filter((name) => name !== holder);
    wire.cut.clear();
    wire.cut.add(`${holder}>${other}`).add(`${other}>${holder}`);
    wire.run(2_000);
    before(holder);
    wire.states.delete(third);
    wire.run(timings.deadAfterMs + timings.heartbeatMs);
    return holder;
  }
});
