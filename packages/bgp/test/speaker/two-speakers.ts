import { MemoryNetwork, SimClock, type MemoryEnd } from '@picluster/testkit';
import {
  asnOf,
  BgpPeer,
  BgpSpeaker,
  type EndReason,
  type PeerListener,
  type Route,
  routesOf,
  type SessionOptions,
  type UpdateMessage,
} from '../../src/index.ts';

export const annaAt = '192.0.2.1';
export const benAt = '192.0.2.2';

const route = {
  nextHop: { address: annaAt },
  attributes: [
    { type: 'ORIGIN', origin: 'IGP' },
    { type: 'AS_PATH', segments: [{ type: 'AS_SEQUENCE', asns: [64_512] }] },
  ],
} as const satisfies Route;

/** Everything that a side says of routes: these prefixes. */
export function say({ peer }: Pick<Side, 'peer'>, prefixes: readonly string[]): void {
  peer.routes.replace(new Map(prefixes.map((prefix) => [prefix, route])));
  peer.changed();
}

/** What a peer heard, in words. */
class Diary implements PeerListener {
  readonly lines: string[] = [];

  established(): void {
    this.lines.push('established');
  }

  update(update: UpdateMessage): void {
    const { announced } = routesOf(update);
    for (const { prefixes } of announced)
      this.lines.push(...prefixes.map((prefix) => `+${prefix}`));
  }

  endOfRib(family: string): void {
    this.lines.push(`end of ${family}`);
  }

  down(_reason: EndReason, retained: readonly string[]): void {
    this.lines.push(['down', ...retained.map((family) => `kept ${family}`)].join(', '));
  }

  failed(reason: EndReason): void {
    const open = reason.kind === 'notification-sent' ? reason.open : undefined;
    this.lines.push(['failed', reason.kind, ...(open ? [`AS ${asnOf(open)}`] : [])].join(' '));
  }

  flushStale(families: readonly string[]): void {
    this.lines.push(`flush ${families.join(' ')}`);
  }

  take(): string[] {
    return this.lines.splice(0);
  }
}

export interface Side {
  readonly peer: BgpPeer;
  readonly speaker: BgpSpeaker;
  readonly diary: Diary;
  /** The types of all messages that were sent. */
  readonly sent: string[];
  /** What was warned of. */
  readonly warnings: unknown[];
}

/** Anna (AS 64512) and Ben (AS 64513), who can reach each other. */
export class TwoSpeakers {
  readonly clock: SimClock = new SimClock();
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly anna: Side;
  readonly ben: Side;

  constructor(
    anna: Partial<SessionOptions> = {},
    ben: Partial<SessionOptions> = { mode: 'passive' },
  ) {
    this.anna = this.#side(annaAt, benAt, { localAsn: 64_512, peerAsn: 64_513, ...anna });
    this.ben = this.#side(benAt, annaAt, { localAsn: 64_513, peerAsn: 64_512, ...ben });
  }

  #side(
    at: string,
    peerAt: string,
    options: Partial<SessionOptions> & Pick<SessionOptions, 'localAsn' | 'peerAsn'>,
  ): Side {
    const diary = new Diary();
    const sent: string[] = [];
    const warnings: unknown[] = [];
    const deps = {
      dialer: this.network.dialer(at, peerAt),
      clock: this.clock,
      random: () => 0.5,
      listener: diary,
      log: {
        debug: () => {},
        info: () => {},
        warn: (message: string, fields = {}) => void warnings.push({ message, ...fields }),
      },
      metrics: {
        sent: (type: string) => void sent.push(type),
        received: () => {},
        faulty: () => {},
      },
    };
    const peer = new BgpPeer(deps, peerAt, { identifier: at, ...options });
    const speaker = new BgpSpeaker();
    speaker.add(peerAt, peer);
    this.network.listen(at, (connection) => speaker.accept(connection));
    return { peer, speaker, diary, sent, warnings };
  }

  /** Both begin, and time passes until there is a session. */
  async establish(): Promise<this> {
    this.start();
    await this.clock.until(() => this.isUp());
    await this.clock.advance(10);
    return this;
  }

  start(): void {
    this.anna.peer.start();
    this.ben.peer.start();
  }

  isUp(): boolean {
    return [this.anna, this.ben].every(({ peer }) => peer.status.phase === 'Established');
  }

  /** The ends of the connection that was made last: the one who dialed first. */
  get lastPair(): [MemoryEnd, MemoryEnd] {
    const pair = this.network.pairs.at(-1);
    if (pair === undefined) throw new Error('nobody has connected');
    return pair;
  }
}
