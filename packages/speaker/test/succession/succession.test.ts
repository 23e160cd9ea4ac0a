import { connect, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '@picluster/kube';
import { encodeState, initialState, stateFormat, wiredTimings } from '@picluster/l2-election';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hmac } from '../../src/hmac.ts';
import { encodeMessage, type Facts } from '../../src/succession/messages.ts';
import { Predecessor } from '../../src/succession/predecessor.ts';
import { Successor, type SuccessorDeps } from '../../src/succession/successor.ts';
import { TextLine } from '../../src/succession/text-line.ts';

const facts: Facts = {
  format: stateFormat,
  node: 'n1',
  electorate: 'uid',
  rules: '',
  interfaces: ['eth0 2 020000000001'],
};
const state = {
  ...initialState({ node: '00000000000000aa', boot: 7, timings: wiredTimings, nowMs: 1000 }),
  readAllAtMs: 1,
};
const LIMIT = 2 ** 20;

let server: Server;
let warnings: string[];
let events: string[];
let readAllMs: number;
let nonces: number;

beforeEach(() => {
  [warnings, events, readAllMs, nonces] = [[], [], 0, 0];
  server = createServer();
});
afterEach(() => server.close());

function depsOf(more: Partial<SuccessorDeps> = {}): SuccessorDeps {
  return {
    hmac,
    keys: () => [new Uint8Array(32)],
    facts: () => facts,
    nonce: () => `nonce ${++nonces}`,
    clock: systemClock,
    log: {
      info: () => {},
      warn: (_, fields) => void warnings.push(String(fields?.['problem'])),
    },
    readAll: async () => {
      await systemClock.sleep(readAllMs);
      events.push('read all');
    },
    ...more,
  };
}

/** Two ends of a real socket. */
async function lines(): Promise<[TextLine, TextLine]> {
  if (!server.listening) {
    server.listen({ path: `\0picluster-succession-test-${process.pid}` });
    await once(server, 'listening');
  }
  const accepted = once(server, 'connection');
  const socket = connect({ path: server.address() as string });
  const [other] = (await accepted) as [typeof socket];
  return [new TextLine(other, LIMIT), new TextLine(socket, LIMIT)];
}

const release = (): Record<string, string> => {
  events.push('released');
  return { eth0: encodeState(state) };
};

test('a process that is prepared is asked first, has read all, and then gets what the other knows, once', async () => {
  const predecessor = new Predecessor(depsOf());
  const successor = new Successor(depsOf());
  expect(predecessor.isAwaited).toBe(false);
  const [near, far] = await lines();
  predecessor.admit(near);
  const met = successor.meet(far);
  expect(predecessor.isAwaited).toBe(true);
  successor.prepared();
  expect(await predecessor.handOn(release)).toBe(true);
  await met;
  expect(events).toEqual(['read all', 'released']);
  expect(successor.inherited()?.get('eth0')).toEqual(state);
  expect(successor.inherited()).toBeUndefined();
  far.close();
});

test('frames are dated from when the successor last read all, if that was earlier', async () => {
  const predecessor = new Predecessor(depsOf());
  const successor = new Successor(depsOf());
  const [near, far] = await lines();
  predecessor.admit(near);
  const met = successor.meet(far);
  successor.prepared();
  const late = { ...state, readAllAtMs: systemClock.nowMs() + 1e6 };
  expect(await predecessor.handOn(() => ({ eth0: encodeState(late) }))).toBe(true);
  await met;
  expect(successor.inherited()?.get('eth0')?.readAllAtMs).toBeLessThan(late.readAllAtMs - 9e5);
  far.close();
});

test('one that is not prepared yet is waited for, while everything goes on', async () => {
  const predecessor = new Predecessor(depsOf());
  const successor = new Successor(depsOf());
  const [near, far] = await lines();
  predecessor.admit(near);
  const met = successor.meet(far);
  const handed = predecessor.handOn(release);
  await systemClock.sleep(50);
  expect(events).toEqual([]);
  successor.prepared();
  expect(await handed).toBe(true);
  await met;
  far.close();
});

describe('nothing is released, and the other nodes are given what is held,', () => {
  async function refused(deps: Partial<SuccessorDeps>): Promise<string[]> {
    const predecessor = new Predecessor(depsOf());
    const successor = new Successor(depsOf(deps));
    const [near, far] = await lines();
    predecessor.admit(near);
    const met = successor.meet(far);
    successor.prepared();
    expect(await predecessor.handOn(release)).toBe(false);
    await met;
    expect(events).not.toContain('released');
    expect(successor.inherited()).toBeUndefined();
    return warnings;
  }

  test('where nobody waits', async () => {
    expect(await new Predecessor(depsOf()).handOn(release)).toBe(false);
  });

  test('where the one that waits has another key', async () => {
    expect(await refused({ keys: () => [new Uint8Array(32).fill(1)] })).toEqual(['not authentic']);
  });

  test('where it is of another build', async () => {
    const other = { ...facts, format: '2' };
    expect(await refused({ facts: () => other })).toEqual(['another format']);
  });

  test('where its clock is another', async () => {
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 5000 };
    expect(await refused({ clock })).toEqual(['another clock']);
  });

  test('where it does not answer in time', async () => {
    readAllMs = 300;
    expect(await refused({})).toEqual(['no answer']);
  });

  test('where an interface has gone since it was prepared', async () => {
    let interfaces = facts.interfaces;
    const deps = depsOf({ facts: () => ({ ...facts, interfaces }) });
    const predecessor = new Predecessor(depsOf());
    const successor = new Successor(deps);
    const [near, far] = await lines();
    predecessor.admit(near);
    const met = successor.meet(far);
    successor.prepared();
    await systemClock.sleep(20);
    interfaces = [];
    expect(await predecessor.handOn(release)).toBe(false);
    await met;
    expect(warnings).toEqual(['no answer']);
    expect(events).not.toContain('released');
  });

  test('where it ends before it is prepared, or without an answer', async () => {
    for (const isPrepared of [false, true]) {
      const predecessor = new Predecessor(depsOf());
      const [near, far] = await lines();
      const successor = new Successor(
        depsOf({
          readAll: async () => {
            far.close();
            await systemClock.sleep(1);
          },
        }),
      );
      predecessor.admit(near);
      void successor.meet(far);
      if (isPrepared) successor.prepared();
      const handed = predecessor.handOn(release);
      if (!isPrepared) far.close();
      expect(await handed).toBe(false);
      expect(predecessor.isAwaited).toBe(false);
    }
  });
});

test('the next one is asked where the first is not fit', async () => {
  const predecessor = new Predecessor(depsOf());
  const [nearStranger, stranger] = await lines();
  predecessor.admit(nearStranger);
  await stranger.send(encodeMessage({ kind: 'prepared', nonce: 'x', facts, code: '00' }));
  const successor = new Successor(depsOf());
  const [near, far] = await lines();
  predecessor.admit(near);
  const met = successor.meet(far);
  successor.prepared();
  await systemClock.sleep(20);
  expect(await predecessor.handOn(release)).toBe(true);
  await met;
  expect(warnings).toEqual(['not authentic']);
  expect(successor.inherited()?.size).toBe(1);
  far.close();
});

describe('nothing is inherited', () => {
  /** What a stranger, who has the place of the predecessor, makes of `states`. */
  async function told(states: Record<string, string>, code: string): Promise<void> {
    const [near, far] = await lines();
    const successor = new Successor(depsOf());
    const met = successor.meet(far);
    successor.prepared();
    await near.send(encodeMessage({ kind: 'hello', nonce: 'mine' }));
    await near.send(encodeMessage({ kind: 'states', states, code }));
    await systemClock.sleep(20);
    near.close();
    await met;
    expect(successor.inherited()).toBeUndefined();
  }

  test('from one that does not have the key', async () => {
    await told({ eth0: encodeState(state) }, '00');
    expect(warnings).toEqual(['not authentic']);
  });

  test('that was recorded when another successor got it', async () => {
    const predecessor = new Predecessor(depsOf());
    const [near, far] = await lines();
    const said: string[] = [];
    const send = near.send.bind(near);
    near.send = (text) => {
      said.push(text);
      return send(text);
    };
    predecessor.admit(near);
    const first = new Successor(depsOf());
    const firstMet = first.meet(far);
    first.prepared();
    expect(await predecessor.handOn(release)).toBe(true);
    await firstMet;
    const second = new Successor(depsOf());
    const [other, mine] = await lines();
    const met = second.meet(mine);
    second.prepared();
    for (const text of said) await other.send(text);
    await systemClock.sleep(20);
    other.close();
    await met;
    expect(warnings).toEqual(['not authentic']);
    expect(second.inherited()).toBeUndefined();
    far.close();
  });

  test('that this build cannot read', async () => {
    const predecessor = new Predecessor(depsOf());
    const successor = new Successor(depsOf());
    const [near, far] = await lines();
    predecessor.admit(near);
    const met = successor.meet(far);
    successor.prepared();
    expect(await predecessor.handOn(() => ({ eth0: '[]' }))).toBe(true);
    await systemClock.sleep(20);
    near.close();
    await met;
    expect(warnings).toEqual(['other-format']);
    expect(successor.inherited()).toBeUndefined();
  });
});
