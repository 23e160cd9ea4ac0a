import type { ElectorEffect, ElectorState, LossReason, Moment } from './elector-state.ts';
import type { LeaseRecord } from './lease-lock.ts';

/** One turn of the machine: the state so far, what is to be done so far, and the moment it happens at. */
export interface Turn {
  readonly at: Moment;
  state: ElectorState;
  readonly effects: ElectorEffect[];
}

/** Changes the state. */
export function set(turn: Turn, change: Partial<ElectorState>): void {
  turn.state = { ...turn.state, ...change };
}

/** Ends the run; what comes after changes nothing. */
export function finish(turn: Turn, outcome: 'released' | 'kept' | 'still-working'): void {
  if (turn.state.finished) return;
  set(turn, { finished: true });
  turn.effects.push({ kind: 'finished', outcome });
}

/** Ends the term. */
export function lose(turn: Turn, reason: LossReason): void {
  set(turn, { term: undefined });
  turn.effects.push({ kind: 'lost', reason });
}

/** Tells of another holder. */
export function report(turn: Turn, holder: string): void {
  if (turn.state.reportedHolder === holder) return;
  set(turn, { reportedHolder: holder });
  turn.effects.push({ kind: 'observed', holder });
}

/** Looks at the lock. */
export function read(turn: Turn): void {
  set(turn, { request: 'get' });
  turn.effects.push({ kind: 'get', deadlineMs: requestDeadlineMs(turn) });
}

/** Writes a record: in place of the version that was seen, or as the first. */
export function write(turn: Turn, record: LeaseRecord): void {
  const deadlineMs = requestDeadlineMs(turn);
  const version = turn.state.seen?.version;
  set(turn, { request: { record, sentMs: turn.at.nowMs } });
  if (version === undefined) turn.effects.push({ kind: 'create', record, deadlineMs });
  else turn.effects.push({ kind: 'update', record, version, deadlineMs });
}

/** A request of a leader is cut where its term ends, whatever it still waits for. */
function requestDeadlineMs({ state, at }: Turn): number {
  const { term, settings, stoppingByMs } = state;
  return Math.min(
    at.nowMs + settings.requestTimeoutMs,
    term?.untilMs ?? Infinity,
    stoppingByMs ?? Infinity,
  );
}
