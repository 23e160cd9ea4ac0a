import { BfdSpeaker, type BfdSession } from '@picluster/bfd';
import { createMetrics } from '@picluster/daemon';
import { SimClock } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import { BfdWatches, type BfdPath } from '../../src/bgp/bfd-watches.ts';
import { createBgpMetrics } from '../../src/bgp/bgp-metrics.ts';
import type { BfdPlan } from '../../src/bgp/peer-plan.ts';

const PATH: BfdPath = {
  local: '192.0.2.11',
  remote: '192.0.2.2',
  minTtl: undefined,
  device: undefined,
};
const plan: BfdPlan = { options: {}, minimumTtl: 254, multiHop: false };
const quiet = { info: () => {}, warn: () => {} };

/** Our watches, and a router with a session of BFD, with a cable between that can be cut. */
class Cable {
  readonly clock: SimClock = new SimClock();
  readonly router: BfdSession;
  readonly watches: BfdWatches;
  /** The sockets that are open. */
  readonly sockets: string[] = [];
  /** The sockets that were closed, each time. */
  readonly closed: string[] = [];
  whole = true;
  /** Refuses the next socket. */
  refuses = false;
  readonly #metrics = createMetrics();

  constructor() {
    const { clock } = this;
    const random = (): number => 0.5;
    const theirs = new BfdSpeaker(random);
    let hear: ((bytes: Uint8Array, address: string) => void) | undefined;
    const carry = (to: () => void): void => {
      clock.timer(1, () => {
        if (this.whole) to();
      });
    };
    const send = (bytes: Uint8Array): void => carry(() => hear?.(bytes, PATH.remote));
    this.router = theirs.add(PATH.local, { clock, send });
    this.router.start();
    const metrics = createBgpMetrics(this.#metrics);
    this.watches = new BfdWatches({
      receive: ({ local }, onPacket) => {
        if (this.refuses) throw new Error('the port is taken');
        hear = onPacket;
        return this.#open(`ear ${local}`);
      },
      send: ({ remote }) =>
        Object.assign(this.#open(`to ${remote}`), {
          send: (bytes: Uint8Array) => carry(() => theirs.receive(bytes, PATH.local)),
        }),
      metrics: ({ remote, device }) => metrics.bfd({ peer: remote, vrf: device }),
      clock,
      random,
      log: quiet,
    });
  }

  #open(name: string): Disposable {
    this.sockets.push(name);
    return {
      [Symbol.dispose]: () => {
        this.closed.push(name);
        this.sockets.splice(this.sockets.indexOf(name), 1);
      },
    };
  }

  async isUp(): Promise<void> {
    await this.clock.until(() => this.router.state === 'Up');
    await this.clock.advance(100);
  }

  async metric(name: string): Promise<string | undefined> {
    const { body } = await this.#metrics.scrape();
    return body
      .split('\n')
      .find((line) => line.startsWith(`${name}{`))
      ?.split(' ')[1];
  }
}

describe('a path that is watched', () => {
  test('is told to have failed when nothing comes, whenever that is', async () => {
    const cable = new Cable();
    let failures = 0;
    cable.watches.watch(PATH, plan, () => failures++);
    await cable.isUp();
    expect(await cable.metric('metallb_bfd_session_up')).toBe('1');
    for (const times of [1, 2]) {
      cable.whole = false;
      await cable.clock.advance(1000);
      expect(failures).toBe(times);
      cable.whole = true;
      await cable.isUp();
    }
    expect(await cable.metric('metallb_bfd_session_up_events')).toBe('3');
    expect(await cable.metric('metallb_bfd_session_down_events')).toBe('2');
    expect(Number(await cable.metric('metallb_bfd_control_packet_input'))).toBeGreaterThan(5);
    expect(Number(await cable.metric('metallb_bfd_control_packet_output'))).toBeGreaterThan(5);
  });

  test('has not failed where the router ends the session on purpose', async () => {
    const cable = new Cable();
    let failures = 0;
    cable.watches.watch(PATH, plan, () => failures++);
    await cable.isUp();
    await Promise.all([cable.router.stop(), cable.clock.advance(5000)]);
    expect(await cable.metric('metallb_bfd_session_up')).toBe('0');
    expect(failures).toBe(0);
  });

  test('is watched once for all who want to know, and for as long as one of them does', async () => {
    const cable = new Cable();
    const told: string[] = [];
    const first = cable.watches.watch(PATH, plan, () => told.push('first'));
    const second = cable.watches.watch(PATH, plan, () => told.push('second'));
    expect(cable.sockets).toEqual(['to 192.0.2.2', 'ear 192.0.2.11']);
    await cable.isUp();
    first[Symbol.dispose]();
    cable.whole = false;
    await cable.clock.advance(1000);
    expect(told).toEqual(['second']);
    second[Symbol.dispose]();
    await cable.clock.advance(5000);
    await cable.watches.ended();
    expect(cable.sockets).toEqual([]);
    expect(await cable.metric('metallb_bfd_session_up')).toBeUndefined();
  });

  test('tells the router of its end, and may be watched again before that is over', async () => {
    const cable = new Cable();
    const watch = cable.watches.watch(PATH, plan, () => {});
    await cable.isUp();
    watch[Symbol.dispose]();
    await cable.clock.advance(10);
    expect(cable.router.remoteState).toBe('AdminDown');
    let failures = 0;
    cable.watches.watch(PATH, plan, () => failures++);
    await cable.isUp();
    await cable.clock.advance(5000);
    expect([cable.router.state, failures]).toEqual(['Up', 0]);
    expect(cable.sockets).toHaveLength(2);
  });

  test('may be watched again and given up again before its first end is over', async () => {
    const cable = new Cable();
    cable.watches.watch(PATH, plan, () => {})[Symbol.dispose]();
    const again = cable.watches.watch(PATH, plan, () => {});
    again[Symbol.dispose]();
    await cable.clock.advance(5000);
    await cable.watches.ended();
    expect(cable.closed).toEqual(['to 192.0.2.2', 'ear 192.0.2.11']);
    cable.watches.watch(PATH, plan, () => {});
    await cable.isUp();
    expect(cable.sockets).toHaveLength(2);
  });

  test('may be watched in other times without a failure', async () => {
    const cable = new Cable();
    let failures = 0;
    const watch = cable.watches.watch(PATH, plan, () => failures++);
    await cable.isUp();
    watch.change({ transmitIntervalMs: 100, receiveIntervalMs: 100 });
    await cable.clock.advance(5000);
    expect([cable.router.state, failures]).toEqual(['Up', 0]);
  });

  test('is not watched where the system refuses a socket, and nothing is left of the attempt', () => {
    const cable = new Cable();
    cable.refuses = true;
    expect(() => cable.watches.watch(PATH, plan, () => {})).toThrow('taken');
    expect(cable.sockets).toEqual([]);
  });
});
