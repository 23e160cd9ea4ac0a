import { BfdError } from './bfd-error.ts';
import type { BfdOptions } from './bfd-options.ts';
import { BfdSession, type BfdSessionDeps } from './bfd-session.ts';
import { type ControlPacketFault, decodeControlPacket } from './control-packet.ts';

/** The sessions of one receiving socket: knows whose a packet is (RFC 5880 §6.3). */
export class BfdSpeaker {
  readonly #random: () => number;
  readonly #onFault: ((fault: ControlPacketFault | 'stranger') => void) | undefined;
  readonly #byAddress = new Map<string, BfdSession>();
  readonly #byDiscriminator = new Map<number, BfdSession>();

  /** `onFault` hears of every packet that is dropped, and why; a metric's label. */
  constructor(random: () => number, onFault?: (fault: ControlPacketFault | 'stranger') => void) {
    this.#random = random;
    this.#onFault = onFault;
  }

  /** Makes a session with the peer at this address; start it. @throws BfdError `bad-options`, `duplicate-session` */
  add(address: string, deps: Omit<BfdSessionDeps, 'random'>, options: BfdOptions = {}): BfdSession {
    if (this.#byAddress.has(address)) {
      throw new BfdError('duplicate-session', `there is a session with ${address}`, { address });
    }
    const complete = { ...deps, random: this.#random };
    const session = new BfdSession(complete, address, this.#freeDiscriminator(), options);
    this.#byAddress.set(address, session);
    this.#byDiscriminator.set(session.discriminator, session);
    return session;
  }

  /** Forgets a session; stop it before. */
  remove(session: BfdSession): void {
    this.#byAddress.delete(session.name);
    this.#byDiscriminator.delete(session.discriminator);
  }

  /** A UDP payload from this address. */
  receive(bytes: Uint8Array, address: string): void {
    const packet = decodeControlPacket(bytes);
    if (typeof packet === 'string') {
      this.#onFault?.(packet);
      return;
    }
    const { yourDiscriminator } = packet;
    const session =
      yourDiscriminator === 0
        ? this.#byAddress.get(address)
        : this.#byDiscriminator.get(yourDiscriminator);
    // Who guessed a discriminator still cannot speak for another.
    if (session === undefined || session.name !== address) this.#onFault?.('stranger');
    else session.receive(packet);
  }

  #freeDiscriminator(): number {
    for (;;) {
      const discriminator = 1 + Math.floor(this.#random() * (2 ** 32 - 1));
      if (!this.#byDiscriminator.has(discriminator)) return discriminator;
    }
  }
}
