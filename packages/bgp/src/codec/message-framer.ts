import { headerFault, lengthIn } from './header.ts';
import type { MessageFault } from './fault.ts';
import { HEADER_LENGTH, MESSAGE_LENGTH_MAX } from './messages.ts';

const NOTHING: Uint8Array = new Uint8Array();

/** A whole message, or why there will be no more of them. */
export type Frame =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly fault: MessageFault };

/**
 * Cuts the bytes of a connection into messages: `push` what came, then call `next` until it has none.
 *
 * After a fault there is nothing more to be had: where the next message would begin is unknown, and the connection is to be closed. Of a message that
 * is not whole yet the bytes are copied, no more than its header says; the bytes of a whole one are good until the next `push`.
 */
export class MessageFramer {
  /** The largest message that is taken; `receiveLengthMax` once the OPENs are exchanged. */
  lengthMax: number = MESSAGE_LENGTH_MAX;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  /** A message that began in an earlier chunk: room for its header, then for all of it. */
  #partial: Uint8Array = NOTHING;
  #filled = 0;
  #fault: MessageFault | undefined;

  /** Bytes as they came, once all messages of those before are taken. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next whole message, or a fault, or `undefined`: more bytes are needed. */
  next(): Frame | undefined {
    if (this.#fault === undefined && this.#filled === 0) {
      const whole = this.#wholeInChunk();
      if (whole !== undefined) return { ok: true, bytes: whole };
      this.#partial = new Uint8Array(HEADER_LENGTH);
    }
    if (this.#fault !== undefined) return { ok: false, fault: this.#fault };
    if (!this.#fill(HEADER_LENGTH)) return undefined;
    if (this.#filled === HEADER_LENGTH) {
      this.#fault = headerFault(this.#partial, 0, this.lengthMax);
      if (this.#fault !== undefined) return { ok: false, fault: this.#fault };
      const message = new Uint8Array(lengthIn(this.#partial, 0));
      message.set(this.#partial);
      this.#partial = message;
    }
    if (!this.#fill(this.#partial.length)) return undefined;
    this.#filled = 0;
    return { ok: true, bytes: this.#partial };
  }

  #wholeInChunk(): Uint8Array | undefined {
    const [chunk, from] = [this.#chunk, this.#at];
    if (chunk.length - from < HEADER_LENGTH) return undefined;
    this.#fault = headerFault(chunk, from, this.lengthMax);
    const end = from + lengthIn(chunk, from);
    if (this.#fault !== undefined || end > chunk.length) return undefined;
    this.#at = end;
    return chunk.subarray(from, end);
  }

  /** Moves bytes of the chunk until so many are filled; whether they are. */
  #fill(size: number): boolean {
    const count = Math.min(size - this.#filled, this.#chunk.length - this.#at);
    if (count > 0) {
      this.#partial.set(this.#chunk.subarray(this.#at, this.#at + count), this.#filled);
      this.#at += count;
      this.#filled += count;
    }
    return this.#filled >= size;
  }
}
