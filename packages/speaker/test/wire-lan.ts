import { createHmac } from 'node:crypto';
import { seededRandom, SimClock, SimLan, type SimPort } from '@picluster/testkit';
import type { OwnershipListener } from '../src/ownership.ts';
import { WireOwnership } from '../src/wire-ownership.ts';
import { WireSegment } from '../src/wire-segment.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A node with the strategy `wire` on simulated segments: what it may answer for, and where. */
export class WireNode {
  readonly ownership: WireOwnership;
  readonly ports = new Map<string, SimPort>();
  /** `address interface`, in the order of gaining. */
  readonly held = new Map<string, (address: string) => number>();
  readonly events: string[] = [];
  readonly #clock: SimClock;

  /** `lans`: which segment each interface is on. Hardware addresses count from `number`. It takes part at once, unless it `waits` until it is begun. */
  constructor(
    clock: SimClock,
    name: string,
    number: number,
    lans: ReadonlyMap<string, SimLan>,
    waits: boolean = false,
  ) {
    this.#clock = clock;
    const random = seededRandom(number);
    const order = [...lans.keys()];
    const note = (what: string, address: string, on: string): void =>
      void this.events.push(`${name} ${what} ${address} on ${on}`);
    const listener: OwnershipListener = {
      gained: (address, on, untilMs) => {
        note('gained', address, on);
        this.held.set(`${address} ${on}`, untilMs);
      },
      lost: (address, on) => {
        note('lost', address, on);
        this.held.delete(`${address} ${on}`);
      },
    };
    this.ownership = new WireOwnership({
      listener,
      log: silent,
      early: (names) => names.find((one) => one === order[0]),
      segmentOn: (on) => {
        const mac = Uint8Array.of(2, 0, 0, 0, order.indexOf(on), number);
        const port = lans.get(on)?.attach(on, mac);
        if (port === undefined) throw new Error(`no interface ${on}`);
        this.ports.set(on, port);
        return new WireSegment(
          {
            link: port,
            nodeName: name,
            clock,
            random,
            hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
            listener: {
              gained: (address, untilMs) => listener.gained(address, on, untilMs),
              lost: (address) => listener.lost(address, on),
            },
            electionOf: (sender) =>
              [...this.ownership.segments.values()].find(
                (one) => Buffer.compare(one.mac, sender) === 0,
              )?.election,
          },
          () => ({
            electorate: 'test',
            keys: [new Uint8Array(32)],
            interfaceIndex: order.indexOf(on),
          }),
        );
      },
    });
    if (!waits) this.ownership.begin();
  }

  /** The interfaces on which it answers for the address now. */
  answers(address: string): string[] {
    const nowMs = this.#clock.nowMs();
    return [...this.held]
      .filter(([key, untilMs]) => key.startsWith(`${address} `) && nowMs < untilMs(address))
      .map(([key]) => key.split(' ')[1] ?? '');
  }
}
