import {
  encodeNeighborFrame,
  multicastMac,
  NDP_TYPE,
  parseAddress,
  solicitedNode,
  type LinkListener,
  type LinkSocket,
} from '@picluster/arp-responder';
import {
  decodeState,
  encodeState,
  L2Election,
  type ElectionState,
  type Hmac,
} from '@picluster/l2-election';
import { Announcer } from './announcer.ts';

/** Of the documentation (RFC 5737, RFC 3849). Nothing of this leaves the process. */
const IPV4 = '192.0.2.1';
const IPV6 = '2001:db8::1';
/** Time enough to start, to claim, and to be heard, as the clock of the rehearsal counts. */
const SCENE_MS = 2000;
const LINK = 'rehearsed';

/**
 * Plays in memory how one node gives its addresses to another, and how that goes on in another process. The engine reads a function when it is called for the first time, which takes
 * it milliseconds for all that a hand-over needs; a speaker that started a moment ago would do that with a client waiting. Gives how
 * many questions the successors answered: two.
 */
export function rehearse(hmac: Hmac): number {
  const clock = new RehearsedClock();
  const cable: Player[] = [];
  const [one, two] = [new Player(0, cable, clock, hmac), new Player(1, cable, clock, hmac)];
  one.stand();
  clock.run(SCENE_MS);
  two.stand();
  clock.run(SCENE_MS);
  void one.election.stop();
  clock.run(1);
  const answers = one.ask() + two.ask();
  const inherited = decodeState(encodeState(two.election.release()));
  if (typeof inherited === 'string') throw new Error(inherited);
  cable.pop();
  const next = new Player(1, cable, clock, hmac, inherited);
  next.stand();
  clock.run(1);
  const more = next.ask();
  void next.election.stop();
  for (const { announcer } of [one, two, next]) announcer.close();
  return answers + more;
}

/** Time that passes at once. */
class RehearsedClock {
  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  timer(ms: number, fire: () => void): Disposable {
    const timer = { atMs: this.#nowMs + ms, fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  run(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
    }
    this.#nowMs = endMs;
  }
}

/** A node that takes part, and answers for what it is given. */
class Player {
  readonly announcer: Announcer;
  readonly election: L2Election;
  readonly #clock: RehearsedClock;
  readonly #mac: Uint8Array;
  #hear: (frame: Uint8Array) => void = () => {};
  #link: LinkListener | undefined;
  #answers = 0;

  constructor(
    number: number,
    cable: Player[],
    clock: RehearsedClock,
    hmac: Hmac,
    inherited?: ElectionState,
  ) {
    this.#clock = clock;
    this.#mac = Uint8Array.of(2, 0, 0, 0, 0, number);
    this.announcer = new Announcer({
      openLink: () => this.#open(),
      clock,
      log: { info: () => {}, warn: () => {} },
      metrics: {
        requestReceived: () => {},
        replySent: () => this.#answers++,
        announcementSent: () => {},
        dropped: () => {},
      },
      onReady: () => {},
    });
    cable.push(this);
    this.election = new L2Election(
      {
        link: {
          mac: this.#mac,
          up: true,
          listen: (listener) => (this.#hear = (frame) => listener.onFrame(frame)),
          readAll: () => {},
          send: (frame) => {
            for (const other of cable) if (other !== this) other.#hear(frame);
          },
        },
        clock,
        random: () => number / 2,
        hmac,
        listener: {
          gained: (address, untilMs) => this.announcer.own(address, LINK, untilMs),
          lost: (address) => this.announcer.disown(address, LINK),
          renewed: (untilMs) => this.announcer.refresh(LINK, untilMs),
        },
      },
      {
        nodeName: String(number),
        electorate: LINK,
        keys: [new Uint8Array(32)],
        ...(inherited && { inherited }),
      },
    );
  }

  stand(): void {
    this.announcer.ready(LINK);
    for (const address of [IPV4, IPV6]) {
      this.election.stand(address);
      this.announcer.standBy(address, [LINK]);
    }
  }

  /** A neighbour asks for the IPv6 address; IPv4 is answered in C. Gives how many answers that brought. */
  ask(): number {
    const target = parseAddress(IPV6) ?? new Uint8Array(16);
    const group = solicitedNode(target);
    const question = encodeNeighborFrame({
      destinationMac: multicastMac(group),
      sourceMac: Uint8Array.of(2, 0, 0, 0, 1, 0),
      source: target.with(15, 2),
      destination: group,
      message: { type: NDP_TYPE.NEIGHBOR_SOLICITATION, target, options: [] },
    });
    const before = this.#answers;
    this.#link?.onFrame(question);
    return this.#answers - before;
  }

  #open(): LinkSocket {
    return {
      interfaceName: LINK,
      mac: this.#mac,
      up: true,
      listen: (listener) => (this.#link = listener),
      watch: () => {},
      send: (_frame, notAfterMs = Infinity) => (this.#clock.nowMs() < notAfterMs ? 'sent' : 'late'),
      answerFrom: () => {},
      nowMs: () => this.#clock.nowMs(),
      close: () => {},
    };
  }
}
