import { execFileSync } from 'node:child_process';
import { KEEP, type BpfProgram } from '../../src/bpf.ts';
import { ETHERTYPE } from '../../src/filters.ts';
import { PacketSocket } from '../../src/packet-socket.ts';

/** These tests make and take down interfaces: only in the namespaces of `node scripts/in-lab.mjs`, where they harm nobody. */
export const inLab: boolean = process.env['PICLUSTER_LAB'] === '1';

const packageFolder = new URL('../..', import.meta.url).pathname;

/** The addon is built where a test needs it: a test must not depend on an earlier build. Quick when it is up to date. */
export function buildAddon(): void {
  execFileSync(process.execPath, ['scripts/build-native.mjs'], { cwd: packageFolder });
}

/** Runs `ip` with these words; fails with what it said. */
export function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8', stdio: 'pipe' });
}

/** IEEE 802's EtherType for experiments, and a broadcast of it. */
const EXPERIMENTAL = 0x88b5;
const HELLO: Uint8Array = Uint8Array.from([
  ...Array.from({ length: 6 }, () => 0xff),
  2,
  0,
  0,
  0,
  0,
  1,
  0x88,
  0xb5,
]);

let made = 0;

/** A name that no other test uses; Linux allows 15 characters. */
export function uniqueName(prefix: string): string {
  return `${prefix}${process.pid}x${made++}`;
}

/** A cable with two ends; both are up. No address of ours is on it, so the kernel answers nothing. */
export class Cable implements Disposable {
  readonly ours: string = uniqueName('o');
  readonly theirs: string = uniqueName('t');

  constructor() {
    this.make();
    this.setLink('up');
  }

  /** Resolves when frames pass in both directions: the kernel begins a moment after it says that the link is up. */
  async connected(): Promise<void> {
    using ours = new Peer(this.ours, [EXPERIMENTAL]);
    using theirs = new Peer(this.theirs, [EXPERIMENTAL]);
    await until(() => {
      for (const peer of [ours, theirs]) peer.send(HELLO);
      return ours.received.length > 0 && theirs.received.length > 0;
    }, 'a connection');
  }

  /** Makes the two ends; after `remove` they come back as other interfaces with the same names. */
  make(): void {
    ip(`link add ${this.ours} type veth peer name ${this.theirs}`);
    ip(`link set ${this.theirs} up`);
  }

  remove(): void {
    ip(`link delete ${this.ours}`);
  }

  setLink(state: 'up' | 'down'): void {
    ip(`link set ${this.ours} ${state}`);
  }

  [Symbol.dispose](): void {
    try {
      this.remove();
    } catch {
      // The test itself removed it.
    }
  }
}

/** A machine at an interface that sends anything and keeps what it hears of one EtherType. */
export class Peer implements Disposable {
  readonly received: Uint8Array[] = [];
  readonly #sockets: PacketSocket[];

  constructor(
    interfaceName: string,
    etherTypes: readonly number[] = [ETHERTYPE.ARP, ETHERTYPE.IPV6],
    filter: BpfProgram = [KEEP],
  ) {
    this.#sockets = etherTypes.map((etherType) =>
      PacketSocket.open(
        { interfaceName, etherType, filter },
        {
          onFrame: (frame) => void this.received.push(Uint8Array.from(frame)),
          onError: () => {},
        },
      ),
    );
  }

  send(frame: Uint8Array): void {
    this.#sockets[0]?.send(frame);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}

/** Waits in real time for what the kernel does; rejects after 5 s. */
export async function until(condition: () => boolean, what: string = 'it'): Promise<void> {
  const limitMs = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > limitMs) throw new Error(`${what} did not happen within 5 s`);
    await turn();
  }
}

/** Lets the event loop look at all sockets once more. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 2));
}
