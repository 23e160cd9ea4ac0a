import type { LinkSocket } from './link-socket.ts';
import type { DropReason } from './respond.ts';

/** The monotonic clock that rights to answer are measured on, and its timers. */
export interface ResponderClock {
  nowMs(): number;
  timer(ms: number, fire: () => void): Disposable;
}

/** Where the responder writes what a person may want to know. Packets are never logged: they are counted. */
export interface ResponderLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** What the responder counts. `address` is canonical text. Called for each packet: keep it cheap. */
export interface ResponderMetrics {
  /** A question arrived that this machine may answer. */
  requestReceived(address: string): void;
  /** Its answer left. */
  replySent(address: string): void;
  /** One frame of an announcement left: an IPv4 round has two, an IPv6 round one. */
  announcementSent(address: string): void;
  /** The answer to an ICMP echo request left. */
  echoReplySent?(address: string): void;
  /** A frame got no answer. `address` is known where the right to answer had ended. */
  dropped(reason: DropReason, address?: string): void;
}

/** Says which machines are ours, and hears of conflicts with others. `mac` is text, as `02:00:00:00:00:01`. */
export interface ConflictWatch {
  /** Whether the machine may answer for our addresses without being a conflict: another speaker, another interface of this machine. */
  isOurs(mac: string): boolean;
  /**
   * A foreign machine uses an address that is owned. `yielded`: we left it to that machine and are silent; else we have defended it, once.
   * At most two calls in ten seconds.
   */
  conflict(address: string, mac: string, yielded: boolean): void;
  /** The machine that an address was left to is gone, and we answer and announce again. */
  cleared(address: string): void;
}

/** What a `Responder` works with. */
export interface ResponderDeps {
  readonly link: LinkSocket;
  readonly clock: ResponderClock;
  readonly log?: ResponderLog;
  readonly metrics?: ResponderMetrics;
  /** Without it, no conflicts are looked for. */
  readonly conflicts?: ConflictWatch;
}

/** How a `Responder` behaves. */
export interface ResponderOptions {
  /** How often an address is announced again after the rounds, such as `ANNOUNCE_REFRESH_MS`. Default: never. */
  readonly announceRefreshMs?: number;
  /**
   * How many ICMP echo requests (pings) for owned addresses are answered in a second, at least 1. Default: none, as a Service has ports and
   * nothing else. The machine's own kernel sees the requests too, and may report that it cannot deliver them.
   */
  readonly echoPerSecond?: number;
}
