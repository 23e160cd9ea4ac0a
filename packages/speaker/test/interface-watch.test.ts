import { SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { DOWN_GRACE_MS, InterfaceWatch } from '../src/interface-watch.ts';
import type { InterfaceFacts } from '../src/interfaces.ts';

const lan = { ethernet: true, up: true, arp: true, broadcast: true, enslaved: false };
let clock: SimClock;
let present: InterfaceFacts[];
let changes: string[];
let watch: InterfaceWatch;

beforeEach(() => {
  clock = new SimClock();
  present = [{ name: 'eth0', ...lan }];
  changes = [];
  const reader = {
    names: () => present.map((one) => one.name),
    read: (name: string) => present.find((one) => one.name === name),
  };
  watch = new InterfaceWatch({ reader, clock, log: { info: () => {} } }, () => {
    changes.push(watch.interfaces.map((one) => `${one.name} ${one.fitness}`).join(', '));
  });
  watch.start();
});

describe('the watch over interfaces', () => {
  test('tells of a new interface, and of nothing while nothing changes', async () => {
    await clock.advance(10_000);
    present.push({ name: 'eth1', ...lan });
    await clock.advance(10_000);
    expect(changes).toEqual(['eth0 usable', 'eth0 usable, eth1 usable']);
  });

  test('lets a short loss of link, or of the interface itself, pass', async () => {
    present = [{ name: 'eth0', ...lan, up: false }];
    await clock.advance(DOWN_GRACE_MS - 1);
    present = [];
    present = [{ name: 'eth0', ...lan }];
    await clock.advance(10_000);
    expect(changes).toEqual(['eth0 usable']);
  });

  test('tells of a link that stays down', async () => {
    present = [{ name: 'eth0', ...lan, up: false }];
    await clock.advance(DOWN_GRACE_MS + 1000);
    expect(changes).toEqual(['eth0 usable', 'eth0 down']);
  });

  test('tells of an interface that stays away', async () => {
    present = [];
    await clock.advance(DOWN_GRACE_MS + 1000);
    expect(changes).toEqual(['eth0 usable', '']);
  });

  test('tells at once of an interface that became a port of a bridge', async () => {
    present = [{ name: 'eth0', ...lan, enslaved: true }];
    await clock.advance(1000);
    expect(changes).toEqual(['eth0 usable', 'eth0 enslaved']);
  });

  test('ends when it is stopped', async () => {
    watch.stop();
    present = [];
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(changes).toEqual(['eth0 usable']);
  });
});
