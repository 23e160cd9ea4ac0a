// What the election costs a node while nothing happens, beside the authentication of the same frames alone: CPU, not time, of real
// elections on a cable in simulated time. The system calls of a real socket come on top.
// Run: npx node --conditions=@picluster/source packages/l2-election/bench/idle.ts [simulated seconds]
import { randomBytes } from 'node:crypto';
import { L2Election } from '../src/index.ts';
import { EventQueue } from '../test/event-queue.ts';
import { hmac } from '../test/frames.ts';

const seconds = Number(process.argv[2] ?? 20);
const settlingMs = 4000;
const key = randomBytes(32);

/** Elections on one cable, in simulated time, that count their frames. */
class Cable {
  readonly queue: EventQueue = new EventQueue();
  readonly elections: L2Election[] = [];
  readonly #listeners: ((frame: Uint8Array) => void)[] = [];
  held = 0;
  /** The sizes of the frames sent since the last look. */
  sent: number[] = [];

  constructor(nodes: number, addresses: number) {
    for (let index = 0; index < nodes; index++) this.#plug(index);
    for (let index = 0; index < addresses; index++) {
      const address = `10.0.${index >> 8}.${index & 255}`;
      for (const election of this.elections) election.stand(address);
    }
  }

  #plug(index: number): void {
    const { queue } = this;
    const timer = (ms: number, fire: () => void): Disposable => {
      let live = true;
      queue.at(queue.nowMs + ms, () => {
        if (live) fire();
      });
      return { [Symbol.dispose]: () => void (live = false) };
    };
    const election = new L2Election(
      {
        clock: { nowMs: () => queue.nowMs, wallMs: () => 1_790_000_000_000 + queue.nowMs, timer },
        random: () => (index + 1) / 100,
        hmac,
        link: {
          mac: Uint8Array.of(2, 0, 0, 0, 0, index),
          up: true,
          listen: (to) => void this.#listeners.push((frame) => to.onFrame(frame)),
          readAll: () => {},
          send: (frame) => this.#send(index, frame),
        },
        listener: { gained: () => void this.held++, lost: () => void this.held-- },
      },
      { nodeName: `node-${index}`, electorate: 'bench', keys: [key] },
    );
    this.elections.push(election);
  }

  #send(from: number, frame: Uint8Array): void {
    this.sent.push(frame.length);
    for (const [index, listener] of this.#listeners.entries()) {
      // Each its own delay, so that no two frames share a turn: that would be cheaper than life.
      const delayMs = 0.2 + ((from * 7 + index * 3) % 11) / 10;
      if (index !== from) this.queue.at(this.queue.nowMs + delayMs, () => listener(frame));
    }
  }
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Each frame signed once and checked by all others. */
function authenticate(sizes: readonly number[], nodes: number): void {
  for (const size of sizes) {
    const signed = new Uint8Array(size - 6 - 16);
    for (let node = 0; node < nodes; node++) hmac(key, signed);
  }
}

console.log(
  '| nodes | addresses | CPU of a node | of it authentication | frames sent + heard | bytes per frame |\n|---|---|---|---|---|---|',
);
for (const nodes of [3, 10]) {
  for (const addresses of [10, 100, 1000]) {
    const cable = new Cable(nodes, addresses);
    cable.queue.runUntil(settlingMs, () => false);
    if (cable.held !== addresses) throw new Error(`${cable.held} of ${addresses} are held`);
    cable.sent = [];
    const oursMs = cpuMsOf(() => cable.queue.runUntil(settlingMs + seconds * 1000, () => false));
    const authenticationMs = cpuMsOf(() => authenticate(cable.sent, nodes));
    if (cable.held !== addresses) throw new Error('something moved');
    const perNode = (ms: number): string => `${(ms / nodes / seconds / 10).toFixed(3)} %`;
    const frames = (cable.sent.length / seconds).toFixed(0);
    const bytes = cable.sent.reduce((sum, size) => sum + size, 0) / cable.sent.length;
    console.log(
      `| ${nodes} | ${addresses} | ${perNode(oursMs)} | ${perNode(authenticationMs)} | ${frames}/s | ${bytes.toFixed(0)} |`,
    );
  }
}
