import type { ConnectionListener, Dialer, IncomingConnection } from '@picluster/bgp';
import type { SimClock } from './sim-clock.ts';

/** As much as a socket takes before it says that it is full. */
const WINDOW_BYTES = 64 * 1024;
const DELAY_MS = 1;

/** Hosts that can be dialed, each at an address, on a simulated clock. */
export class MemoryNetwork {
  readonly clock: SimClock;
  /** Every connection that came about. */
  readonly pairs: [MemoryEnd, MemoryEnd][] = [];
  readonly #hosts = new Map<string, (connection: IncomingConnection) => void>();

  constructor(clock: SimClock) {
    this.clock = clock;
  }

  /** From here on somebody accepts at this address. */
  listen(address: string, onConnection: (connection: IncomingConnection) => void): void {
    this.#hosts.set(address, onConnection);
  }

  /** Dials `to`, and comes from `from`. */
  dialer(from: string, to: string): Dialer {
    return {
      dial: (listener) => {
        const near = new MemoryEnd(this, from, to);
        const far = new MemoryEnd(this, to, from);
        near.join(far);
        near.listen(listener);
        this.later(() => this.#arrive(near, far));
        return near;
      },
    };
  }

  later(run: () => void): void {
    this.clock.timer(DELAY_MS, run);
  }

  #arrive(near: MemoryEnd, far: MemoryEnd): void {
    if (near.closed) return;
    const accept = this.#hosts.get(near.remoteAddress);
    if (accept === undefined) {
      near.lose('ECONNREFUSED');
      return;
    }
    this.pairs.push([near, far]);
    near.listener?.onConnected();
    accept(far);
  }
}

/** One end of a connection. A test may stop it from reading, cut it, or speak in its place. */
export class MemoryEnd implements IncomingConnection {
  readonly localAddress: string;
  readonly remoteAddress: string;
  listener: ConnectionListener | undefined;
  closed: boolean = false;
  /** Bytes that were sent on this end and that the other has not read. */
  unreadBytes: number = 0;
  readonly #network: MemoryNetwork;
  readonly #waiting: Uint8Array[] = [];
  #other: MemoryEnd | undefined;
  #reading = true;

  constructor(network: MemoryNetwork, localAddress: string, remoteAddress: string) {
    this.#network = network;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
  }

  join(other: MemoryEnd): void {
    this.#other = other;
    other.#other = this;
  }

  listen(listener: ConnectionListener): void {
    this.listener = listener;
    this.#flush();
  }

  send(bytes: Uint8Array): boolean {
    this.unreadBytes += bytes.length;
    const copy = bytes.slice();
    this.#network.later(() => this.#other?.arrive(copy));
    return this.unreadBytes < WINDOW_BYTES;
  }

  /** Reads no more, as a peer that hangs. */
  stall(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    this.#flush();
  }

  close(): void {
    this.closed = true;
    this.#network.later(() => this.#other?.lose());
  }

  abort(): void {
    this.closed = true;
    this.#network.later(() => this.#other?.lose('ECONNRESET'));
  }

  /** The connection is over for this end. */
  lose(error?: string): void {
    if (this.closed) return;
    this.closed = true;
    this.listener?.onClosed(error);
  }

  arrive(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#flush();
  }

  #flush(): void {
    while (this.#reading && !this.closed && this.listener !== undefined) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) return;
      this.#other?.acknowledge(bytes.length);
      this.listener.onData(bytes);
    }
  }

  acknowledge(count: number): void {
    const wasFull = this.unreadBytes >= WINDOW_BYTES;
    this.unreadBytes -= count;
    const isFull = this.unreadBytes >= WINDOW_BYTES;
    if (wasFull && !isFull && !this.closed) {
      this.#network.later(() => {
        if (!this.closed) this.listener?.onDrain();
      });
    }
  }
}
