import type { Family } from '../codec/family.ts';
import type { UpdateError } from '../codec/fault.ts';
import { decodeMessage, encodeMessage, UNNEGOTIATED } from '../codec/message-codec.ts';
import { MessageFramer } from '../codec/message-framer.ts';
import type { BgpMessage, NotificationMessage } from '../codec/messages.ts';
import type { Negotiated } from '../codec/negotiated.ts';
import type { BgpConnection } from './transport.ts';

/** What was read of a connection. */
export type Received =
  | {
      readonly message: BgpMessage;
      readonly errors: readonly UpdateError[];
      readonly endOfRib?: Family;
    }
  | { readonly fault: NotificationMessage; readonly reason: string };

/** One connection as messages. */
export class MessageChannel {
  readonly connection: BgpConnection;
  /** Whether the peer takes more. */
  flowing = true;
  readonly #framer = new MessageFramer();
  #negotiated: Negotiated | undefined;
  #open = true;

  constructor(connection: BgpConnection) {
    this.connection = connection;
  }

  /** From here on messages are as the OPENs agreed. */
  agree(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    this.#framer.lengthMax = negotiated.receiveLengthMax;
  }

  /** Hands over each message in these bytes, until there is none or the channel is closed by what one of them causes. */
  receive(chunk: Uint8Array, handle: (received: Received) => void): void {
    this.#framer.push(chunk);
    while (this.#open) {
      const frame = this.#framer.next();
      if (frame === undefined) return;
      handle(frame.ok ? this.#decode(frame.bytes) : faulty(frame.fault));
    }
  }

  #decode(bytes: Uint8Array): Received {
    const decoded = decodeMessage(bytes, this.#negotiated ?? UNNEGOTIATED);
    return decoded.ok ? decoded : faulty(decoded.fault);
  }

  send(message: BgpMessage): void {
    const bytes = encodeMessage(message, this.#negotiated ?? UNNEGOTIATED);
    this.flowing = this.connection.send(bytes);
  }

  close(abort: boolean): void {
    this.#open = false;
    if (abort) this.connection.abort();
    else this.connection.close();
  }
}

function faulty({
  reason,
  notification,
}: {
  readonly reason: string;
  readonly notification: NotificationMessage;
}): Received {
  return { reason, fault: notification };
}
