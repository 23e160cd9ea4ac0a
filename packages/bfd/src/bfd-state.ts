import type { BfdSettings, BfdTimings } from './bfd-options.ts';
import type { BfdStateName, ControlPacket } from './control-packet.ts';

/** What the shell adds to every input: the machine has no clock and no dice of its own. */
export interface Moment {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** A fresh number in [0, 1), for jitter. */
  readonly random: number;
}

/** What can happen to a session. */
export type BfdInput = { readonly at: Moment } & BfdHappening;

/** A {@link BfdInput} without its moment. */
export type BfdHappening =
  | { readonly kind: 'start' }
  /** The session goes to AdminDown, and the peer is told until it must have heard: then comes `finished`. */
  | { readonly kind: 'stop' }
  /** A packet from the peer. */
  | { readonly kind: 'packet'; readonly packet: ControlPacket }
  /** The time that `wake-at` named has come. */
  | { readonly kind: 'wake' }
  /** Other timings from here on, agreed with the peer by a Poll Sequence (RFC 5880 §6.8.3). */
  | { readonly kind: 'change'; readonly timings: Required<BfdTimings> };

/** What the shell must do, in this order. */
export type BfdEffect =
  | { readonly kind: 'send'; readonly packet: ControlPacket }
  /** The session is in another state; `diagnostic` says why it is not up. */
  | {
      readonly kind: 'state';
      readonly from: BfdStateName;
      readonly to: BfdStateName;
      readonly diagnostic: number;
    }
  /** The next `wake` is due at this time, in place of the one before; `undefined`: none is. */
  | { readonly kind: 'wake-at'; readonly atMs: number | undefined }
  /** After a `stop`: nothing more is sent. */
  | { readonly kind: 'finished' };

/** The peer, as its last packet has it (RFC 5880 §6.8.1). */
export interface BfdRemote {
  /** 0: unknown. */
  readonly discriminator: number;
  readonly state: BfdStateName;
  readonly detectMultiplier: number;
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
}

/** Everything that a session knows. Plain data. */
export interface BfdState {
  readonly settings: BfdSettings;
  /** Our number for the session. */
  readonly discriminator: number;
  readonly state: BfdStateName;
  readonly diagnostic: number;
  readonly remote: BfdRemote;
  /** Our Poll Sequence is under way: until its end, what would surprise the peer is not in force. */
  readonly polling: boolean;
  /** What is in force while up, in milliseconds. */
  readonly transmitIntervalMs: number;
  readonly receiveIntervalMs: number;
  /** When the next packet at intervals is due. */
  readonly sendAtMs: number | undefined;
  /** When the peer, if still silent, is down. */
  readonly detectAtMs: number | undefined;
  /** After a `stop`: until when the peer is told. */
  readonly stopAtMs: number | undefined;
  /** The last `wake-at`. */
  readonly wakeAtMs: number | undefined;
}

/** A peer of which nothing is known. */
export const unknownRemote: BfdRemote = {
  discriminator: 0,
  state: 'Down',
  detectMultiplier: 0,
  desiredMinTxUs: 0,
  requiredMinRxUs: 1,
};

/** A session that was not started yet. `discriminator`: not 0, and no other session's. */
export function initialBfd(settings: BfdSettings, discriminator: number): BfdState {
  return {
    settings,
    discriminator,
    state: 'AdminDown',
    diagnostic: 0,
    remote: unknownRemote,
    polling: false,
    transmitIntervalMs: settings.transmitIntervalMs,
    receiveIntervalMs: settings.receiveIntervalMs,
    sendAtMs: undefined,
    detectAtMs: undefined,
    stopAtMs: undefined,
    wakeAtMs: undefined,
  };
}
