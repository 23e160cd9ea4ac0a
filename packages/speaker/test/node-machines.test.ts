import { SimClock } from '@picluster/testkit';
import { beforeEach, expect, test } from 'vitest';
import { LOOK_AGAIN_MS, LOOK_EVERY_MS, LOOK_FIRST_MS, NodeMachines } from '../src/node-machines.ts';
import type { NodeView } from '../src/views.ts';

const OWN = '02:00:00:00:00:01';
const SECOND = '02:00:00:00:00:02';
const FOREIGN = '02:00:00:00:00:66';

let clock: SimClock;
let nodes: Map<string, NodeView>;
/** Who answers for an address on an interface. */
let answers: Map<string, string[]>;
let asked: string[];
let machines: NodeMachines;
let stop: AbortController;

const node = (name: string, ...addresses: string[]): void =>
  void nodes.set(name, { name, labels: {}, networkUnavailable: false, addresses });

beforeEach(() => {
  clock = new SimClock();
  nodes = new Map();
  answers = new Map();
  asked = [];
  stop = new AbortController();
  node('n1', '192.0.2.1');
  node('n2', '192.0.2.2', '2001:db8::2');
  machines = new NodeMachines({
    nodes,
    node: 'n1',
    interfaces: () => ['eth0', 'eth1'],
    whoHas: (address, on, waitMs, done) => {
      asked.push(`${address} ${on}`);
      return clock.timer(waitMs, () => done(answers.get(`${address} ${on}`) ?? []));
    },
    ownMacs: () => [OWN],
    clock,
  });
});

test('a node is known by its own addresses, on each interface, and this machine by itself', async () => {
  answers.set('2001:db8::2 eth1', [SECOND]);
  const over = machines.run(stop.signal);
  await clock.advance(500);
  expect(asked).toEqual([
    '192.0.2.2 eth0',
    '192.0.2.2 eth1',
    '2001:db8::2 eth0',
    '2001:db8::2 eth1',
  ]);
  expect([OWN, SECOND, FOREIGN].map((mac) => machines.isOurs(mac))).toEqual([true, true, false]);
  stop.abort();
  await over;
  expect(clock.pending).toBe(0);
});

test('a machine that shares a node’s address is not the node', async () => {
  answers.set('192.0.2.2 eth0', [SECOND, FOREIGN]);
  void machines.run(stop.signal);
  await clock.advance(500);
  expect([SECOND, FOREIGN].map((mac) => machines.isOurs(mac))).toEqual([false, false]);
  stop.abort();
});

test('all are asked every five minutes, sooner while none has answered, and when an unknown machine shows up', async () => {
  void machines.run(stop.signal);
  await clock.advance(LOOK_FIRST_MS + 1000);
  expect(asked).toHaveLength(8);
  answers.set('192.0.2.2 eth0', [SECOND]);
  await clock.advance(LOOK_FIRST_MS);
  expect(asked).toHaveLength(12);
  await clock.advance(LOOK_EVERY_MS - 2000);
  expect(asked).toHaveLength(12);
  // However often it shows up, a second passes between two rounds.
  for (let times = 0; times < 10; times++) machines.isOurs(FOREIGN);
  await clock.advance(LOOK_AGAIN_MS);
  for (let times = 0; times < 10; times++) machines.isOurs(FOREIGN);
  await clock.advance(100);
  expect(asked.length).toBeLessThanOrEqual(20);
  expect(asked.length).toBeGreaterThan(12);
  stop.abort();
});

test('a node that is gone is forgotten, and one that has another machine is known by that', async () => {
  answers.set('192.0.2.2 eth0', [SECOND]);
  void machines.run(stop.signal);
  await clock.advance(1000);
  answers.set('192.0.2.2 eth0', ['02:00:00:00:00:22']);
  await clock.advance(LOOK_EVERY_MS + 1000);
  expect([SECOND, '02:00:00:00:00:22'].map((mac) => machines.isOurs(mac))).toEqual([false, true]);
  nodes.delete('n2');
  await clock.advance(LOOK_EVERY_MS + 1000);
  expect(machines.isOurs('02:00:00:00:00:22')).toBe(false);
  stop.abort();
});
