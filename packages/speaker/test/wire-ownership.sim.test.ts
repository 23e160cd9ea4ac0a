import { SimClock, SimLan } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Standing } from '../src/ownership.ts';
import { WireNode } from './wire-lan.ts';

const ADDRESS = '10.20.30.1';
const everywhere: Standing = {
  interfaces: ['eth0'],
  candidates: ['n1', 'n2', 'n3'],
  preferred: [],
};

let clock: SimClock;
let lan: SimLan;
let nodes: WireNode[];

function node(
  number: number,
  lans: ReadonlyMap<string, SimLan> = new Map([['eth0', lan]]),
): WireNode {
  return new WireNode(clock, `n${number}`, number, lans);
}

beforeEach(() => {
  clock = new SimClock();
  lan = new SimLan({ clock }, { delayMs: 1 });
  nodes = [1, 2, 3].map((number) => node(number));
});

const answerers = (address: string = ADDRESS): WireNode[] =>
  nodes.filter((one) => one.answers(address).length > 0);

/** Looks every 5 ms for `ms`; gives the longest time without an answer. Fails where two answer. */
async function watch(ms: number, address: string = ADDRESS): Promise<number> {
  let silentMs = 0;
  let longestMs = 0;
  for (let at = 0; at < ms; at += 5) {
    await clock.advance(5);
    const count = answerers(address).length;
    expect(count).toBeLessThan(2);
    silentMs = count === 0 ? silentMs + 5 : 0;
    longestMs = Math.max(longestMs, silentMs);
  }
  return longestMs;
}

describe('three nodes on a segment', () => {
  test('come to one that answers', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
    await watch(2000);
    expect(answerers()).toHaveLength(1);
  });

  test('prefer who is preferred', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, { ...everywhere, preferred: ['n2'] });
    await watch(2000);
    expect(answerers()).toEqual([nodes[1]]);
  });

  test('move nothing when they say again who stands, or when the preference changes', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
    await watch(2000);
    const [owner] = answerers();
    for (const one of nodes)
      one.ownership.stand(ADDRESS, { ...everywhere, preferred: ['n3', 'n2'] });
    expect(await watch(2000)).toBe(0);
    expect(answerers()).toEqual([owner]);
  });

  test('replace one whose cable is pulled within a second, and it takes nothing back', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
    await watch(2000);
    const [owner] = answerers();
    owner?.ports.get('eth0')?.setLink('down');
    expect(await watch(3000)).toBeLessThan(1000);
    const [next] = answerers();
    expect(next).not.toBe(owner);
    owner?.ports.get('eth0')?.setLink('up');
    expect(await watch(3000)).toBe(0);
    expect(answerers()).toEqual([next]);
  });

  test('are handed what one of them gives up, within milliseconds', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
    await watch(2000);
    const [owner] = answerers();
    owner?.ownership.resign(ADDRESS);
    expect(owner?.answers(ADDRESS)).toEqual([]);
    expect(await watch(1000)).toBeLessThanOrEqual(20);
    expect(answerers()).toHaveLength(1);
  });

  test('are handed what one of them gives up only if they are among its candidates', async () => {
    for (const next of ['n1', 'n2', 'n3', 'n1']) {
      for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
      await watch(2000);
      const [owner] = answerers();
      const index = Number(next.slice(1)) - 1;
      if (owner === undefined || owner === nodes[index]) continue;
      owner.ownership.stand(ADDRESS, { ...everywhere, candidates: [next] });
      owner.ownership.resign(ADDRESS);
      await clock.advance(5);
      expect(answerers()).toEqual([nodes[index]]);
    }
  });

  test('hand over before they stop', async () => {
    for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
    await watch(2000);
    const [owner] = answerers();
    let stopped = false;
    void owner?.ownership.stop().then(() => (stopped = true));
    expect(await watch(1000)).toBeLessThanOrEqual(20);
    expect(stopped).toBe(true);
    expect(owner?.ports.get('eth0')?.up).toBe(false);
  });
});

test('an address that belongs beside another is answered for by its node, also when that changes and when it is learned late', async () => {
  const second = '2001:db8::1';
  const both = (more: Partial<Standing>): void => {
    for (const one of nodes) {
      one.ownership.stand(ADDRESS, everywhere);
      one.ownership.stand(second, { ...everywhere, ...more });
    }
  };
  both({ preferred: ['n2'] });
  await watch(3000, second);
  expect(answerers(second)).toEqual([nodes[1]]);
  both({ preferred: ['n2'], beside: ADDRESS });
  expect(await watch(5000, second)).toBeLessThanOrEqual(30);
  expect(answerers(second)).toEqual(answerers());
  const [owner] = answerers();
  owner?.ports.get('eth0')?.setLink('down');
  expect(await watch(3000, second)).toBeLessThan(1000);
  expect(answerers(second)).toEqual(answerers());
  expect(answerers()).not.toEqual([owner]);
});

test('nodes that listened before an address was there need not listen for it', async () => {
  for (const one of nodes) one.ownership.retain(['eth0']);
  await clock.advance(2000);
  for (const one of nodes) one.ownership.stand(ADDRESS, everywhere);
  expect(await watch(1000)).toBeLessThan(400);
  expect(answerers()).toHaveLength(1);
});

test('a node that is the only candidate answers though it hears nobody', async () => {
  nodes = nodes.slice(0, 1);
  nodes[0]?.ownership.stand(ADDRESS, { ...everywhere, candidates: ['n1'] });
  await watch(3000);
  expect(answerers()).toHaveLength(1);
  // As soon as another could answer, silence is a reason to stop.
  nodes[0]?.ownership.stand(ADDRESS, everywhere);
  await watch(1000);
  expect(answerers()).toEqual([]);
});

describe('a node with two interfaces', () => {
  const both: Standing = { ...everywhere, interfaces: ['eth0', 'eth1'] };

  test('on two segments is settled on each of them apart', async () => {
    const other = new SimLan({ clock }, { delayMs: 1 });
    const lans = new Map([
      ['eth0', lan],
      ['eth1', other],
    ]);
    nodes = [node(1, lans), node(2, lans)];
    for (const one of nodes) one.ownership.stand(ADDRESS, both);
    await clock.advance(2000);
    const where = nodes.flatMap((one) => one.answers(ADDRESS)).sort();
    expect(where).toEqual(['eth0', 'eth1']);
  });

  test('stops on the one that it is not to answer on any more, and goes on on the other', async () => {
    const other = new SimLan({ clock }, { delayMs: 1 });
    other.observe(Uint8Array.of(2, 0, 0, 0, 9, 9));
    nodes = [
      node(
        1,
        new Map([
          ['eth0', lan],
          ['eth1', other],
        ]),
      ),
    ];
    const alone = { ...both, candidates: ['n1'] };
    nodes[0]?.ownership.stand(ADDRESS, alone);
    await clock.advance(2000);
    expect(nodes[0]?.answers(ADDRESS)).toEqual(['eth0', 'eth1']);
    nodes[0]?.ownership.stand(ADDRESS, { ...alone, interfaces: ['eth1'] });
    expect(nodes[0]?.answers(ADDRESS)).toEqual(['eth1']);
    nodes[0]?.ownership.retain(['eth0']);
    expect(nodes[0]?.answers(ADDRESS)).toEqual([]);
    await clock.advance(1000);
    expect(nodes[0]?.ports.get('eth1')?.up).toBe(false);
  });

  test('that are on one segment takes part with the first, and answers once', async () => {
    const lans = new Map([
      ['eth0', lan],
      ['eth1', lan],
    ]);
    nodes = [node(1, lans), node(2)];
    nodes[0]?.ownership.stand(ADDRESS, both);
    nodes[1]?.ownership.stand(ADDRESS, everywhere);
    await clock.advance(2000);
    const first = nodes[0];
    nodes[1]?.ownership.resign(ADDRESS);
    await clock.advance(2000);
    expect(first?.answers(ADDRESS)).toEqual(['eth0']);
    expect(first?.events.filter((event) => event.includes('eth1'))).toEqual([]);
  });
});

describe('another process of a node', () => {
  const SECOND = '10.20.30.2';
  const both: Standing = { ...everywhere, interfaces: ['eth0', 'eth1'] };

  test('says nothing before it is begun, then goes on with all on each interface, and gives away what it does not stand for', async () => {
    const lans = new Map([
      ['eth0', lan],
      ['eth1', new SimLan({ clock }, { delayMs: 1 })],
    ]);
    // Somebody is there to be heard.
    nodes[0]?.ownership.retain(['eth0']);
    const first = node(4, lans);
    nodes.push(first);
    for (const address of [ADDRESS, SECOND]) {
      first.ownership.stand(address, { ...both, candidates: ['n4', 'n1'] });
    }
    // Nobody else is there.
    first.ownership.segments.get('eth1')?.election?.setAlone(true);
    await watch(2000);
    for (const address of [ADDRESS, SECOND]) {
      expect(first.answers(address).toSorted()).toEqual(['eth0', 'eth1']);
      nodes[0]?.ownership.stand(address, { ...everywhere, candidates: ['n4', 'n1'] });
    }
    await watch(1000);

    const next = new WireNode(clock, 'n4', 4, lans, true);
    next.ownership.stand(ADDRESS, { ...both, candidates: ['n4', 'n1'] });
    await watch(500);
    expect(next.events).toEqual([]);
    const states = first.ownership.release();
    expect([...states.keys()]).toEqual(['eth0', 'eth1']);
    expect(first.answers(ADDRESS)).toEqual([]);
    nodes = [...nodes.filter((one) => one !== first), next];
    next.ownership.begin(states);
    next.ownership.segments.get('eth1')?.election?.setAlone(true);
    expect(await watch(2000)).toBeLessThanOrEqual(5);
    expect(next.answers(ADDRESS).toSorted()).toEqual(['eth0', 'eth1']);
    expect(next.answers(SECOND)).toEqual([]);
    expect(nodes[0]?.answers(SECOND)).toEqual(['eth0']);
    expect(first.events.filter((what) => what.includes('gained'))).toHaveLength(4);
  });
});
