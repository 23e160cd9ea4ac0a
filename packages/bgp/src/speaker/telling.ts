import type { Family } from '../codec/family.ts';
import type { BgpMessage } from '../codec/messages.ts';
import type { Negotiated } from '../codec/negotiated.ts';
import type { AdjRibOut } from '../rib/adj-rib-out.ts';

/** So much is taken at a time, in as many messages as that makes, but at least one; it may wait beyond the peer's window. */
const BYTES_AT_ONCE = 32_768;

/** Requests that come within this time get one answer: else who asks without end has all routes told without end, and nothing else is done. */
const REFRESH_GATHER_MS = 100;

/** The way to the peer of an established session. */
interface Line {
  send(message: BgpMessage): void;
  /** Whether the peer takes something now. */
  isFlowing(): boolean;
  onToldEverything(): void;
  later(ms: number, fire: () => void): Disposable;
}

/** Tells a peer its routes, only as fast as it takes them: what waits is a set of routes, never a queue of messages. */
export class Telling {
  readonly #routes: AdjRibOut;
  readonly #line: Line;
  #pumping = false;
  #toldEverything = true;
  #messagesAtOnce = 1;
  #refresh: Disposable | undefined;

  constructor(routes: AdjRibOut, line: Line) {
    this.#routes = routes;
    this.#line = line;
  }

  begin(negotiated: Negotiated): void {
    this.#toldEverything = false;
    this.#messagesAtOnce = Math.max(1, Math.floor(BYTES_AT_ONCE / negotiated.sendLengthMax));
    this.#routes.open(negotiated);
    this.pump();
  }

  end(): void {
    this.#toldEverything = true;
    this.#refresh?.[Symbol.dispose]();
    this.#refresh = undefined;
    this.#routes.close();
  }

  /** The peer wants to hear a family again: it does in a moment. */
  refresh(family: Family): void {
    this.#routes.refresh(family);
    this.#refresh ??= this.#line.later(REFRESH_GATHER_MS, () => {
      this.#refresh = undefined;
      this.pump();
    });
  }

  /** Tells what there is to tell, until the peer takes no more. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#tellAll();
    } finally {
      this.#pumping = false;
    }
    if (this.#toldEverything || !this.#routes.idle) return;
    this.#toldEverything = true;
    this.#line.onToldEverything();
  }

  #tellAll(): void {
    while (this.#line.isFlowing()) {
      const messages = this.#routes.take(this.#messagesAtOnce);
      if (messages.length === 0) return;
      for (const message of messages) this.#line.send(message);
    }
  }
}
