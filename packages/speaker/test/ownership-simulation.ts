import type { LinkListener, LinkSocket } from '@picluster/arp-responder';
import type { LeaseLock } from '@picluster/leader-election';
import {
  MemoryLeaseLock,
  MemoryLeaseStore,
  seededRandom,
  SimClock,
  SimLan,
  type LeaseFate,
  type Random,
  type SimObserver,
} from '@picluster/testkit';
import { Announcer } from '../src/announcer.ts';
import { LeaseOwnership } from '../src/lease-ownership.ts';
import type { Standing } from '../src/ownership.ts';

const timings = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 500 };
const ADDRESSES = ['10.20.30.1', '10.20.30.2'];
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const metrics = {
  requestReceived: () => {},
  replySent: () => {},
  announcementSent: () => {},
  dropped: () => {},
};
/** How often the LAN is asked who has an address. */
const ASK_MS = 20;
const FAULTY_MS = 25_000;
/** Long enough for a lease to run out, twice, and to be taken. */
const CALM_MS = 15_000;

export interface SimulationOptions {
  /** Answer for ever once the right was had, as a program without fencing would: shows that the simulation would notice. */
  readonly withoutFencing?: boolean;
}

export interface SimulationResult {
  /** Sentences, each a broken promise. */
  readonly violations: readonly string[];
  readonly answers: number;
  /** How often the machine that answers became another one. */
  readonly moves: number;
}

/** This node at a place among the candidates. */
function placed(node: SimNode, rank: number): Standing {
  const before = Array.from({ length: rank }, (_, at) => `before-${at}`);
  return { interfaces: ['eth0'], candidates: [...before, node.name], preferred: [] };
}

/** One node with a speaker process that can be frozen, cut off from the API and killed. */
class SimNode {
  readonly name: string;
  readonly ownership: LeaseOwnership;
  apiFate: LeaseFate = {};
  dead = false;
  #frozen = false;
  #inbox: (() => void)[] = [];

  constructor(
    name: string,
    number: number,
    world: { clock: SimClock; lan: SimLan; random: Random; stores: Map<string, MemoryLeaseStore> },
    options: SimulationOptions,
  ) {
    this.name = name;
    const clock = {
      nowMs: () => world.clock.nowMs(),
      wallMs: () => world.clock.wallMs(),
      timer: (ms: number, fire: () => void): Disposable => {
        let disposed = false;
        const timer = world.clock.timer(ms, () => this.#deliver(() => disposed || fire()));
        return {
          [Symbol.dispose]: () => {
            disposed = true;
            timer[Symbol.dispose]();
          },
        };
      },
    };
    const announcer = new Announcer({
      openLink: (interfaceName) =>
        this.#gatedLink(world.lan.attach(interfaceName, Uint8Array.of(2, 0, 0, 0, 0, number))),
      clock,
      log: silent,
      metrics,
      onReady: () => {},
    });
    this.ownership = new LeaseOwnership(
      {
        lockFor: (lease) => this.#gatedLock(storeOf(world.stores, lease), world.clock),
        clock,
        random: world.random,
        log: silent,
        listener: {
          gained: (address, on, untilMs) =>
            announcer.own(address, on, options.withoutFencing === true ? () => Infinity : untilMs),
          lost: (address, on) => announcer.disown(address, on),
        },
      },
      { nodeName: name, identity: `${name}_${number}`, ...timings },
    );
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** What waits is handed over in the order of its arrival: packets first seen now are as old as they are. */
  thaw(): void {
    this.#frozen = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const happening of waiting) this.#deliver(happening);
  }

  #deliver(happening: () => void): void {
    if (this.dead) return;
    if (this.#frozen) this.#inbox.push(happening);
    else happening();
  }

  #gatedLink(link: LinkSocket): LinkSocket {
    const listen = (listener: LinkListener): void =>
      link.listen({
        onFrame: (frame) => this.#deliver(() => listener.onFrame(frame)),
        onLink: (state) => this.#deliver(() => listener.onLink(state)),
      });
    return {
      interfaceName: link.interfaceName,
      get mac() {
        return link.mac;
      },
      get up() {
        return link.up;
      },
      listen,
      watch: (addresses) => link.watch(addresses),
      nowMs: () => link.nowMs(),
      send: (frame, notAfterMs) => link.send(frame, notAfterMs),
      close: () => link.close(),
    };
  }

  #gatedLock(store: MemoryLeaseStore, clock: SimClock): LeaseLock {
    const lock = new MemoryLeaseLock(store, clock);
    lock.fate = () => this.apiFate;
    const gate = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
      new Promise((resolve, reject) => {
        answer.then(
          (value) => this.#deliver(() => resolve(value)),
          (error: Error) => this.#deliver(() => reject(error)),
        );
      });
    return {
      description: 'simulated/lease',
      get: () => gate(lock.get()),
      create: (record) => gate(lock.create(record)),
      update: (record, version) => gate(lock.update(record, version)),
    };
  }
}

function storeOf(stores: Map<string, MemoryLeaseStore>, lease: string): MemoryLeaseStore {
  const store = stores.get(lease) ?? new MemoryLeaseStore();
  stores.set(lease, store);
  return store;
}

class Simulation {
  readonly violations: string[] = [];
  answers = 0;
  moves = 0;
  readonly #clock = new SimClock();
  readonly #random: Random;
  readonly #options: SimulationOptions;
  readonly #lan: SimLan;
  readonly #client: SimObserver;
  readonly #stores = new Map<string, MemoryLeaseStore>();
  readonly #nodes: SimNode[] = [];
  readonly #lastAnswerer = new Map<string, string>();
  #born = 0;

  constructor(seed: number, options: SimulationOptions) {
    this.#random = seededRandom(seed);
    this.#options = options;
    this.#lan = new SimLan({ clock: this.#clock });
    this.#client = this.#lan.observe(Uint8Array.of(2, 0, 0, 0, 0, 0xff));
  }

  async run(): Promise<SimulationResult> {
    for (let count = 0; count < 3; count++) this.#start();
    let nextFaultMs = 2000;
    while (this.#clock.nowMs() < FAULTY_MS) {
      await this.#ask();
      if (this.#clock.nowMs() < nextFaultMs) continue;
      this.#disturb();
      nextFaultMs = this.#clock.nowMs() + 100 + this.#random() * 2500;
    }
    await this.#calmDown();
    return { violations: this.violations, answers: this.answers, moves: this.moves };
  }

  #start(): void {
    const number = ++this.#born;
    const world = {
      clock: this.#clock,
      lan: this.#lan,
      random: this.#random,
      stores: this.#stores,
    };
    const node = new SimNode(`n${number}`, number, world, this.#options);
    this.#nodes.push(node);
    for (const address of ADDRESSES) node.ownership.stand(address, placed(node, number % 3));
  }

  /** Asks for every address and looks who answers. Gives how many did, address by address. */
  async #ask(): Promise<number[]> {
    this.#client.received.length = 0;
    for (const address of ADDRESSES) {
      const target = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
      const frame = `ffffffffffff0200000000ff0806000108000604000102000000 00ff0a141e63000000000000${target.join('')}`;
      this.#client.send(Uint8Array.from(Buffer.from(frame.replaceAll(' ', ''), 'hex')));
    }
    await this.#clock.advance(ASK_MS);
    // Replies to us alone; announcements go to everybody.
    const replies = this.#client.received.filter((frame) => frame[0] === 2 && frame[21] === 2);
    return ADDRESSES.map((address) => this.#judge(address, replies));
  }

  #judge(address: string, replies: readonly Uint8Array[]): number {
    const answerers = new Set(
      replies
        .filter((frame) => frame.subarray(28, 32).join('.') === address)
        .map((frame) => `n${frame[11]}`),
    );
    this.answers += answerers.size;
    if (answerers.size > 1) {
      this.violations.push(
        `at ${this.#clock.nowMs()} ms ${[...answerers].join(' and ')} answer for ${address}`,
      );
    }
    for (const answerer of answerers) {
      const last = this.#lastAnswerer.get(address);
      if (last !== undefined && last !== answerer) this.moves++;
      this.#lastAnswerer.set(address, answerer);
    }
    return answerers.size;
  }

  #disturb(): void {
    const living = this.#nodes.filter((node) => !node.dead);
    const holders = new Set(this.#lastAnswerer.values());
    const holding = living.filter((node) => holders.has(node.name));
    // Most of what happens happens to one that answers.
    const chosen = this.#random() < 0.7 && holding.length > 0 ? holding : living;
    const victim = chosen[Math.floor(this.#random() * chosen.length)];
    const dice = this.#random();
    if (victim === undefined || living.length < 2) this.#start();
    else if (dice < 0.2) this.#kill(victim);
    else if (dice < 0.5) this.#freeze(victim, this.#random() * 8000);
    else if (dice < 0.8) this.#cutOff(victim, this.#random() * 8000);
    else if (dice < 0.9) void victim.ownership.stop().then(() => (victim.dead = true));
    else this.#withdraw(victim, this.#random() * 3000);
  }

  #kill(node: SimNode): void {
    node.dead = true;
    this.#clock.timer(this.#random() * 4000, () => this.#start());
  }

  #freeze(node: SimNode, ms: number): void {
    node.freeze();
    this.#clock.timer(ms, () => node.thaw());
  }

  #cutOff(node: SimNode, ms: number): void {
    const outcomes = ['refused', 'lost', 'silent', 'stuck'] as const;
    const outcome = outcomes[Math.floor(this.#random() * outcomes.length)] ?? 'refused';
    node.apiFate = { outcome, requestMs: this.#random() * 500, answerMs: this.#random() * 500 };
    this.#clock.timer(ms, () => (node.apiFate = { requestMs: this.#random() * 20 }));
  }

  /** The node is no candidate for a while, as when its last local endpoint goes and comes back. */
  #withdraw(node: SimNode, ms: number): void {
    for (const address of ADDRESSES) node.ownership.resign(address);
    this.#clock.timer(ms, () => {
      if (!node.dead)
        for (const address of ADDRESSES) node.ownership.stand(address, placed(node, 1));
    });
  }

  async #calmDown(): Promise<void> {
    this.#start();
    for (const node of this.#nodes) {
      node.apiFate = {};
      node.thaw();
    }
    const endMs = this.#clock.nowMs() + CALM_MS;
    let counts: number[] = [];
    while (this.#clock.nowMs() < endMs) counts = await this.#ask();
    counts.forEach((count, index) => {
      if (count !== 1)
        this.violations.push(`after the calm ${count} answer for ${ADDRESSES[index]}`);
    });
  }
}

/** Runs a small cluster with faults drawn from `seed`, then lets it come to rest. */
export function simulateOwnership(
  seed: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  return new Simulation(seed, options).run();
}
