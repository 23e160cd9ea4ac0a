import { SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { DOWN_GRACE_MS, InterfaceWatch, type InterfaceWatchDeps } from '../src/interface-watch.ts';
import type { InterfaceFacts } from '../src/interfaces.ts';

const lan = {
  ethernet: true,
  up: true,
  arp: true,
  broadcast: true,
  enslaved: false,
  networks: ['192.168.1.5/24'],
};
let clock: SimClock;
let present: InterfaceFacts[];
let changes: string[];
let looks: number;
let warnings: string[];
/** Why the system cannot be asked now. */
let refusal: Error | undefined;
let deps: InterfaceWatchDeps;
let onChange: () => void;
let watch: InterfaceWatch;

beforeEach(() => {
  clock = new SimClock();
  present = [{ name: 'eth0', ...lan }];
  changes = [];
  const reader = {
    names: () => {
      looks++;
      if (refusal !== undefined) throw refusal;
      return present.map((one) => one.name);
    },
    read: (name: string) => present.find((one) => one.name === name),
  };
  onChange = () => {
    changes.push(watch.interfaces.map((one) => `${one.name} ${one.fitness}`).join(', '));
  };
  deps = {
    reader,
    clock,
    log: { info: () => {}, warn: (message) => void warnings.push(message) },
  };
  looks = 0;
  warnings = [];
  refusal = undefined;
  watch = new InterfaceWatch(deps, onChange);
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

  test('remembers the networks of an interface while its cable is out, for the system does not name them', async () => {
    const networks = (): unknown => watch.interfaces.map((one) => [one.fitness, one.networks]);
    present = [{ name: 'eth0', ...lan, up: false, networks: [] }];
    await clock.advance(60_000);
    expect(networks()).toEqual([['down', ['192.168.1.0/24']]]);
    present = [{ name: 'eth0', ...lan, networks: ['10.0.0.5/8'] }];
    await clock.advance(60_000);
    expect(networks()).toEqual([['usable', ['10.0.0.0/8']]]);
  });

  test('knows no network of an interface that has no address any more, or is another one', async () => {
    const networks = (): unknown => watch.interfaces.map((one) => [one.fitness, one.networks]);
    present = [{ name: 'eth0', ...lan, networks: [] }];
    await clock.advance(60_000);
    expect(networks()).toEqual([['usable', undefined]]);
    present = [{ name: 'eth0', ...lan }];
    await clock.advance(60_000);
    present = [];
    await clock.advance(60_000);
    present = [{ name: 'eth0', ...lan, up: false, networks: [] }];
    await clock.advance(60_000);
    expect(networks()).toEqual([['down', undefined]]);
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

  test('goes on with what it saw last while the system cannot be asked, and complains once', async () => {
    refusal = new Error('too many open files');
    present = [];
    await clock.advance(10_000);
    expect(changes).toEqual(['eth0 usable']);
    expect(warnings).toEqual(['interfaces not read']);
    refusal = undefined;
    present = [
      { name: 'eth0', ...lan },
      { name: 'eth1', ...lan },
    ];
    await clock.advance(1000);
    expect(changes.slice(1)).toEqual(['eth0 usable, eth1 usable']);
  });

  test('ends when it is stopped', async () => {
    watch.stop();
    present = [];
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(changes).toEqual(['eth0 usable']);
  });

  test('keeps to an interface that is away for a moment what is known of its networks', async () => {
    present = [{ name: 'eth0', ...lan, up: false, networks: [] }];
    await clock.advance(1000);
    expect(watch.interfaces).toEqual([
      { name: 'eth0', fitness: 'usable', networks: ['192.168.1.0/24'] },
    ]);
    await clock.advance(DOWN_GRACE_MS);
    expect(watch.interfaces).toEqual([
      { name: 'eth0', fitness: 'down', networks: ['192.168.1.0/24'] },
    ]);
  });

  test('tells of a new address in another network, and of none in the same', async () => {
    present = [{ name: 'eth0', ...lan, networks: ['192.168.1.5/24', '192.168.1.6/24'] }];
    await clock.advance(1000);
    expect(changes).toHaveLength(1);
    present = [{ name: 'eth0', ...lan, networks: ['192.168.1.5/24', '10.0.0.5/8'] }];
    await clock.advance(1000);
    expect(changes).toHaveLength(2);
  });
});

describe('the watch over interfaces, where it is told of changes', () => {
  let tell: () => void;
  let disposed: boolean;
  beforeEach(() => {
    watch.stop();
    changes = [];
    disposed = false;
    const told = (changed: () => void): Disposable => {
      tell = changed;
      return { [Symbol.dispose]: () => void (disposed = true) };
    };
    watch = new InterfaceWatch({ ...deps, changes: told }, onChange, { excluded: [/^br-/u] });
    watch.start();
    looks = 0;
  });

  test('looks at once when it is told, and else only every ten seconds', async () => {
    await clock.advance(9_999);
    expect(looks).toBe(0);
    present = [{ name: 'lan0', ...lan }];
    tell();
    expect(changes).toEqual(['eth0 usable', 'eth0 usable, lan0 usable']);
    await clock.advance(DOWN_GRACE_MS);
    expect(changes.slice(2)).toEqual(['lan0 usable']);
    looks = 0;
    await clock.advance(100_000);
    expect(looks).toBe(10);
  });

  test('looks once at many changes that come together', async () => {
    await clock.advance(1000);
    for (let change = 0; change < 100; change++) tell();
    expect(looks).toBe(1);
    await clock.advance(1000);
    expect(looks).toBe(2);
  });

  test('notices by itself, and in time, that a link stays down', async () => {
    await clock.advance(1000);
    present = [{ name: 'eth0', ...lan, up: false }];
    tell();
    await clock.advance(DOWN_GRACE_MS);
    expect(changes).toEqual(['eth0 usable', 'eth0 down']);
  });

  test('leaves out what it is told to leave out, instead of the usual', () => {
    present = [
      { name: 'br-lan', ...lan },
      { name: 'docker0', ...lan },
    ];
    tell();
    expect(watch.interfaces.map(({ name }) => name)).not.toContain('br-lan');
  });

  test('ends when it is stopped', async () => {
    watch.stop();
    expect(disposed).toBe(true);
    await clock.advance(60_000);
    expect(looks).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
