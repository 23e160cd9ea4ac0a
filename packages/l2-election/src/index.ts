/**
 * Settles on an Ethernet segment which of several nodes answers for an address, without a server and in under a second.
 *
 * @packageDocumentation
 */
export {
  type Clock,
  type ElectionLink,
  type L2ElectionDeps,
  type L2ElectionListener,
  type L2ElectionMetrics,
  type L2ElectionOptions,
  type Logger,
  type Standing,
} from './l2-election-deps.ts';
export { L2Election } from './l2-election.ts';
export { electorateOf, nodeIdOf } from './identity.ts';
export { step, type Step, hasLeft, alienMs } from './election-machine.ts';
export type {
  ElectionEffect,
  ElectionEvent,
  ElectionInput,
  LossReason,
} from './election-events.ts';
export {
  type AddressState,
  type Candidacy,
  type ElectionState,
  type Gift,
  type Hint,
  initialState,
  type Peer,
  type Rival,
} from './election-state.ts';
export type { Acknowledgement, Entry, Heartbeat, NodeId } from './heartbeat.ts';
export { type FrameFault, HeartbeatCodec, type Hmac, type ReadFrame } from './heartbeat-codec.ts';
export type { BodyFault } from './heartbeat-body.ts';
export {
  type AnswerReport,
  AnswerReportCodec,
  type ReportFault,
  type UnansweredHold,
} from './answer-report.ts';
export { answerWatchStep } from './answer-watch.ts';
export {
  type AnswerFault,
  type AnswerWatchEffect,
  type AnswerWatchInput,
  type AnswerWatchRules,
  answerWatchRules,
  type AnswerWatchState,
  initialAnswerWatch,
  type SetAside,
  type Stray,
  type WatchedHold,
} from './answer-watch-state.ts';
export { ETHER_TYPE, QUIET_FRAMES } from './frame-layout.ts';
export { decodeState, encodeState, stateFormat, type StateFault } from './state-codec.ts';
export { answerableUntilMs, mayAnswer, type Right, rightOf } from './right.ts';
export { checkTimings, clockDrift, type Timings, wifiTimings, wiredTimings } from './timings.ts';
export { L2ElectionError, type L2ElectionErrorCode } from './l2-election-error.ts';
