import type { BfdTimings } from './bfd-options.ts';
import {
  type BfdEffect,
  type BfdInput,
  type BfdState,
  type Moment,
  unknownRemote,
} from './bfd-state.ts';
import { type BfdStateName, type ControlPacket, DIAGNOSTIC } from './control-packet.ts';

/** The state machine's signature. */
export type BfdStep = (state: BfdState, input: BfdInput) => [BfdState, readonly BfdEffect[]];

/** While a session is not up nobody sends more often than once a second (RFC 5880 §6.8.3). */
const SLOW_INTERVAL_MS = 1000;

/** One turn of the machine. */
interface Turn {
  readonly at: Moment;
  state: BfdState;
  readonly effects: BfdEffect[];
}

/**
 * One session as a pure machine: RFC 5880 in asynchronous mode, for either role. Demand mode is neither asked for nor heeded: a peer that wants it gets packets
 * all the same, which the RFC lets it ignore. There is no echo and no authentication.
 */
export const bfdStep: BfdStep = (before, input) => {
  const turn: Turn = { at: input.at, state: before, effects: [] };
  react(turn, input);
  const wakeAtMs = earliest(turn.state);
  if (wakeAtMs !== turn.state.wakeAtMs) {
    set(turn, { wakeAtMs });
    turn.effects.push({ kind: 'wake-at', atMs: wakeAtMs });
  }
  return [turn.state, turn.effects];
};

function react(turn: Turn, input: BfdInput): void {
  switch (input.kind) {
    case 'start':
      return onStart(turn);
    case 'stop':
      return onStop(turn);
    case 'packet':
      return onPacket(turn, input.packet);
    case 'wake':
      return onWake(turn);
    case 'change':
      return onChange(turn, input.timings);
  }
}

function set(turn: Turn, by: Partial<BfdState>): void {
  turn.state = { ...turn.state, ...by };
}

function earliest({ sendAtMs, detectAtMs, stopAtMs }: BfdState): number | undefined {
  const times = [sendAtMs, detectAtMs, stopAtMs].filter((atMs) => atMs !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function onStart(turn: Turn): void {
  if (turn.state.state !== 'AdminDown') return;
  set(turn, { stopAtMs: undefined, remote: unknownRemote, detectAtMs: undefined });
  enter(turn, 'Down', DIAGNOSTIC.NONE);
}

function onStop(turn: Turn): void {
  if (turn.state.state === 'AdminDown') return;
  enter(turn, 'AdminDown', DIAGNOSTIC.ADMINISTRATIVELY_DOWN);
  const { settings } = turn.state;
  const stopAtMs = turn.at.nowMs + settings.detectMultiplier * intervalMs(turn.state);
  set(turn, { detectAtMs: undefined, stopAtMs });
}

/** The state changes; the peer hears of it at once. */
function enter(turn: Turn, to: BfdStateName, diagnostic: number): void {
  const from = turn.state.state;
  // The other intervals of an established session are agreed on anew.
  const { transmitIntervalMs, receiveIntervalMs } = turn.state.settings;
  set(turn, { state: to, diagnostic, polling: to === 'Up', transmitIntervalMs, receiveIntervalMs });
  turn.effects.push({ kind: 'state', from, to, diagnostic });
  sendNow(turn);
}

// --- receiving (RFC 5880 §6.8.6) -------------------------------------------------------------------------------------------------

function onPacket(turn: Turn, packet: ControlPacket): void {
  const { state, discriminator } = turn.state;
  const { yourDiscriminator } = packet;
  if (yourDiscriminator !== 0 && yourDiscriminator !== discriminator) return;
  if (state === 'AdminDown') return;
  if (packet.final && turn.state.polling) {
    const { transmitIntervalMs, receiveIntervalMs } = turn.state.settings;
    set(turn, { polling: false, transmitIntervalMs, receiveIntervalMs });
  }
  set(turn, {
    remote: {
      discriminator: packet.myDiscriminator,
      state: packet.state,
      detectMultiplier: packet.detectMultiplier,
      desiredMinTxUs: packet.desiredMinTxUs,
      requiredMinRxUs: packet.requiredMinRxUs,
    },
  });
  follow(turn, packet.state);
  set(turn, { detectAtMs: turn.at.nowMs + detectionMs(turn.state) });
  if (packet.poll) send(turn, true);
  hasten(turn);
}

/** The peer's state and ours give our next. */
function follow(turn: Turn, remote: BfdStateName): void {
  const { state } = turn.state;
  if (remote === 'AdminDown') {
    if (state !== 'Down') enter(turn, 'Down', DIAGNOSTIC.NEIGHBOR_SIGNALED_SESSION_DOWN);
  } else if (state === 'Down') {
    if (remote === 'Down') enter(turn, 'Init', DIAGNOSTIC.NONE);
    else if (remote === 'Init') enter(turn, 'Up', DIAGNOSTIC.NONE);
  } else if (state === 'Init') {
    if (remote !== 'Down') enter(turn, 'Up', DIAGNOSTIC.NONE);
  } else if (remote === 'Down') {
    enter(turn, 'Down', DIAGNOSTIC.NEIGHBOR_SIGNALED_SESSION_DOWN);
  }
}

/** How long the peer may be silent (RFC 5880 §6.8.4). */
function detectionMs({ remote, receiveIntervalMs }: BfdState): number {
  return remote.detectMultiplier * Math.max(receiveIntervalMs, remote.desiredMinTxUs / 1000);
}

// --- sending (RFC 5880 §6.8.7) ---------------------------------------------------------------------------------------------------

/** The time between two packets of ours, before jitter. */
function intervalMs({ state, transmitIntervalMs, remote }: BfdState): number {
  const wanted = state === 'Up' ? transmitIntervalMs : slow(transmitIntervalMs);
  return Math.max(wanted, remote.requiredMinRxUs / 1000);
}

function slow(transmitIntervalMs: number): number {
  return Math.max(SLOW_INTERVAL_MS, transmitIntervalMs);
}

/** Whether packets at intervals are sent at all: not while we wait for the peer to begin, nor where it wants none. */
function sends({ settings, remote, state, stopAtMs }: BfdState): boolean {
  if (settings.passive && remote.discriminator === 0) return false;
  return remote.requiredMinRxUs > 0 && (state !== 'AdminDown' || stopAtMs !== undefined);
}

/** One packet now, and the next after an interval. */
function sendNow(turn: Turn): void {
  const { settings, remote } = turn.state;
  if ((settings.passive && remote.discriminator === 0) || remote.requiredMinRxUs === 0) {
    set(turn, { sendAtMs: undefined });
    return;
  }
  send(turn, false);
  set(turn, { sendAtMs: nextMs(turn) });
}

/** Jittered so that sessions do not fall into step; a peer that misses none may not see a gap longer than it counts on. */
function nextMs(turn: Turn): number {
  const most = turn.state.settings.detectMultiplier === 1 ? 0.9 : 1;
  return turn.at.nowMs + intervalMs(turn.state) * (0.75 + (most - 0.75) * turn.at.random);
}

/** The peer wants packets again, or more often: does not wait for the end of a longer interval. */
function hasten(turn: Turn): void {
  if (!sends(turn.state)) {
    set(turn, { sendAtMs: undefined });
    return;
  }
  const sendAtMs = Math.min(turn.state.sendAtMs ?? Infinity, nextMs(turn));
  set(turn, { sendAtMs });
}

function send(turn: Turn, final: boolean): void {
  const { state, settings, diagnostic, discriminator, remote, polling } = turn.state;
  const { transmitIntervalMs, receiveIntervalMs, detectMultiplier } = settings;
  const desired = state === 'Up' ? transmitIntervalMs : slow(transmitIntervalMs);
  const packet: ControlPacket = {
    diagnostic,
    state,
    poll: polling && !final,
    final,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier,
    myDiscriminator: discriminator,
    yourDiscriminator: remote.discriminator,
    desiredMinTxUs: Math.round(desired * 1000),
    requiredMinRxUs: Math.round(receiveIntervalMs * 1000),
    requiredMinEchoRxUs: 0,
  };
  turn.effects.push({ kind: 'send', packet });
}

// --- time ------------------------------------------------------------------------------------------------------------------------

function onWake(turn: Turn): void {
  set(turn, { wakeAtMs: undefined });
  const { nowMs } = turn.at;
  const { stopAtMs, detectAtMs } = turn.state;
  if (stopAtMs !== undefined && stopAtMs <= nowMs) {
    set(turn, { stopAtMs: undefined, sendAtMs: undefined });
    turn.effects.push({ kind: 'finished' });
    return;
  }
  if (detectAtMs !== undefined && detectAtMs <= nowMs) onSilence(turn);
  const { sendAtMs } = turn.state;
  if (sendAtMs !== undefined && sendAtMs <= nowMs) sendNow(turn);
}

/** The peer has been silent for the detection time. */
function onSilence(turn: Turn): void {
  const { state } = turn.state;
  set(turn, { remote: unknownRemote, detectAtMs: undefined });
  if (state === 'Init' || state === 'Up') {
    enter(turn, 'Down', DIAGNOSTIC.CONTROL_DETECTION_TIME_EXPIRED);
  } else {
    hasten(turn);
  }
}

/** What makes us slower, or the peer's silence shorter, waits until the peer has agreed (RFC 5880 §6.8.3). */
function onChange(turn: Turn, timings: Required<BfdTimings>): void {
  const { settings, state } = turn.state;
  const up = state === 'Up';
  set(turn, {
    settings: { ...settings, ...timings },
    polling: up,
    transmitIntervalMs: up
      ? Math.min(turn.state.transmitIntervalMs, timings.transmitIntervalMs)
      : timings.transmitIntervalMs,
    receiveIntervalMs: up
      ? Math.max(turn.state.receiveIntervalMs, timings.receiveIntervalMs)
      : timings.receiveIntervalMs,
  });
  if (state !== 'AdminDown') hasten(turn);
}
