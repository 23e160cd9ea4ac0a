/**
 * BFD (RFC 5880) without a socket: whether a neighbour still forwards, known within less than a second.
 *
 * {@link BfdSession} is a session in asynchronous mode, for a neighbour (RFC 5881) or over several hops (RFC 5883); {@link BfdSpeaker} knows whose a packet is.
 * What sends and receives, the clock and the dice are passed in. The protocol itself is {@link bfdStep}, a pure function. There is no echo, no demand mode and
 * no authentication.
 *
 * @packageDocumentation
 */
export { BfdError, type BfdErrorCode } from './bfd-error.ts';
export { bfdStep, type BfdStep } from './bfd-machine.ts';
export {
  bfdDefaults,
  completeBfdOptions,
  type BfdOptions,
  type BfdSettings,
  type BfdTimings,
} from './bfd-options.ts';
export { BfdSession, type BfdSessionDeps, type Clock, type Logger } from './bfd-session.ts';
export { BfdSpeaker } from './bfd-speaker.ts';
export {
  initialBfd,
  unknownRemote,
  type BfdEffect,
  type BfdHappening,
  type BfdInput,
  type BfdRemote,
  type BfdState,
  type Moment,
} from './bfd-state.ts';
export {
  BFD_STATES,
  DIAGNOSTIC,
  decodeControlPacket,
  encodeControlPacket,
  type BfdStateName,
  type ControlPacket,
  type ControlPacketFault,
} from './control-packet.ts';
