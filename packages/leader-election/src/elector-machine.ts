import { jitterFactor } from './elector-options.ts';
import type { ElectorEffect, ElectorInput, ElectorState } from './elector-state.ts';
import { type LeaseRecord, sameRecord, type VersionedLeaseRecord } from './lease-lock.ts';
import { formatMicroTime } from './seams/micro-time.ts';
import { finish, lose, read, report, set, type Turn, write } from './turn.ts';

/** The state machine's signature. */
export type Step = (
  state: ElectorState,
  input: ElectorInput,
) => [ElectorState, readonly ElectorEffect[]];

/**
 * The elector as a pure machine: client-go's rules, with the differences that {@link LeaderElector} lists.
 *
 * A term ends first and everything else comes after: whatever the input, the clock is looked at before it counts.
 */
export const step: Step = (before, input) => {
  const turn: Turn = { at: input.at, state: before, effects: [] };
  if (before.finished) return [before, []];
  const { term } = before;
  if (term !== undefined && (input.kind === 'term-over' || input.at.nowMs >= term.untilMs)) {
    lose(turn, 'expired');
  }
  switch (input.kind) {
    case 'start':
      set(turn, { startedMs: input.at.nowMs });
      read(turn);
      break;
    case 'read':
      onRead(turn, input.found, input.holderDead ?? false);
      break;
    case 'written':
      onWritten(turn, input.version);
      break;
    case 'conflict':
      forgetVersion(turn);
      if (stillTime(turn)) read(turn);
      break;
    case 'failed':
      onFailed(turn);
      break;
    case 'wake':
      onWake(turn);
      break;
    case 'term-over':
      break;
    case 'work-done':
      set(turn, { working: false });
      if (turn.state.stoppingByMs !== undefined) beginRelease(turn);
      break;
    case 'stop':
      onStop(turn);
      break;
  }
  return [turn.state, turn.effects];
};

// --- answers ---------------------------------------------------------------------------------------------------------------------

function onRead(turn: Turn, found: VersionedLeaseRecord | undefined, holderDead: boolean): void {
  set(turn, { request: undefined });
  if (found === undefined) noticeAbsence(turn);
  else notice(turn, found);
  const { term, seen, stoppingByMs } = turn.state;
  if (stoppingByMs !== undefined) {
    if (found === undefined) finish(turn, 'kept');
    else release(turn);
    return;
  }
  if (term !== undefined && seen !== undefined && !isOurs(turn.state, seen.record)) {
    lose(turn, 'taken');
  }
  const mayClaim =
    turn.state.term !== undefined ||
    turn.at.nowMs >= claimableAtMs(turn.state) ||
    // Who is dead need not be waited for; our own old work still must.
    (holderDead && !turn.state.working);
  if (mayClaim) claim(turn);
  else pause(turn);
}

/** A deleted Lease frees nothing that we know to be held: its last record counts on, as if it were there unchanged. */
function noticeAbsence(turn: Turn): void {
  const { seen } = turn.state;
  if (seen === undefined) return;
  set(turn, {
    seen: { record: seen.record, version: undefined, sinceMs: seen.sinceMs ?? turn.at.nowMs },
  });
}

function notice(turn: Turn, { record, version }: VersionedLeaseRecord): void {
  const { seen } = turn.state;
  const unchanged = seen !== undefined && sameRecord(seen.record, record);
  const sinceMs = unchanged ? (seen.sinceMs ?? turn.at.nowMs) : turn.at.nowMs;
  set(turn, { seen: { record, version, sinceMs } });
  // A record that changed and is not ours also says that no write of ours can still succeed: it named an older version.
  if (!unchanged && !isOurs(turn.state, record)) set(turn, { acquisition: undefined });
  report(turn, record.holderIdentity);
}

function onWritten(turn: Turn, version: string): void {
  const { request, settings, term, working, stoppingByMs } = turn.state;
  if (request === undefined || request === 'get') throw new Error('an answer without a write');
  const { record, sentMs } = request;
  set(turn, { request: undefined, seen: { record, version, sinceMs: turn.at.nowMs } });
  report(turn, record.holderIdentity);
  if (stoppingByMs !== undefined) {
    finish(turn, 'released');
    return;
  }
  const untilMs = sentMs + settings.renewDeadlineMs;
  if (term !== undefined) {
    set(turn, { term: { token: term.token, untilMs } });
    turn.effects.push({ kind: 'extend', untilMs });
  } else if (!working && turn.at.nowMs < untilMs) {
    const token = record.leaseTransitions;
    set(turn, { term: { token, untilMs }, working: true });
    turn.effects.push({ kind: 'lead', token, untilMs });
  }
  pause(turn);
}

/** After a failure nothing is known: neither what was written nor whether the holder could have renewed meanwhile. */
function onFailed(turn: Turn): void {
  forgetVersion(turn);
  const { seen } = turn.state;
  if (seen !== undefined) set(turn, { seen: { ...seen, sinceMs: undefined } });
  if (turn.state.stoppingByMs === undefined) pause(turn);
  else finish(turn, 'kept');
}

function forgetVersion(turn: Turn): void {
  const { seen } = turn.state;
  set(turn, {
    request: undefined,
    seen: seen === undefined ? undefined : { ...seen, version: undefined },
  });
}

// --- deciding --------------------------------------------------------------------------------------------------------------------

/** From when on the lease may be taken, as far as we know now. */
function claimableAtMs(state: ElectorState): number {
  const { seen, settings, working } = state;
  // The work of an old term must end before a new one may begin.
  if (working) return Infinity;
  const free = state.startedMs + settings.firstTryDelayMs;
  if (seen === undefined || seen.record.holderIdentity === '') return free;
  if (isOurs(state, seen.record)) return 0;
  if (seen.sinceMs === undefined) return Infinity;
  const declaredMs = seen.record.leaseDurationSeconds * 1000;
  return seen.sinceMs + (declaredMs > 0 ? declaredMs : settings.leaseDurationMs);
}

function isOurs({ settings, acquisition }: ElectorState, record: LeaseRecord): boolean {
  return (
    acquisition !== undefined &&
    record.holderIdentity === settings.identity &&
    record.acquireTime === acquisition.acquireTime &&
    record.leaseTransitions === acquisition.leaseTransitions
  );
}

/** Writes us into the record: renews what is ours, else takes it under the next token. */
function claim(turn: Turn): void {
  const { seen, term, acquisition } = turn.state;
  const ours = seen !== undefined && isOurs(turn.state, seen.record);
  const renewal = ours && (seen.version !== undefined || term !== undefined);
  const leaseTransitions = renewal
    ? seen.record.leaseTransitions
    : (seen?.record.leaseTransitions ?? -1) + 1;
  const again = acquisition?.leaseTransitions === leaseTransitions;
  // Random microseconds keep two processes apart that share an identity and take the lease in the same millisecond.
  const acquireTime = again
    ? acquisition.acquireTime
    : formatMicroTime(Math.floor(turn.at.wallMs) + turn.at.random);
  set(turn, { acquisition: { acquireTime, leaseTransitions } });
  write(turn, {
    holderIdentity: turn.state.settings.identity,
    leaseDurationSeconds: turn.state.settings.leaseDurationMs / 1000,
    acquireTime,
    renewTime: renewTime(turn),
    leaseTransitions,
  });
}

/** A wall clock may step back or stand still; a renewal must look different from the one before all the same. */
function renewTime({ state, at }: Turn): string {
  const now = formatMicroTime(at.wallMs);
  return now === state.seen?.record.renewTime ? formatMicroTime(at.wallMs + 1) : now;
}

function onWake(turn: Turn): void {
  const { stoppingByMs, term, seen } = turn.state;
  if (stoppingByMs !== undefined) finish(turn, 'still-working');
  else if (term !== undefined && seen?.version !== undefined) claim(turn);
  else read(turn);
}

/** Waits for the next look. A candidate looks again at the latest when the lease would be free. */
function pause(turn: Turn): void {
  const { nowMs, random } = turn.at;
  const { settings, term } = turn.state;
  const { retryPeriodMs } = settings;
  if (term !== undefined) {
    turn.effects.push({ kind: 'wait', atMs: nowMs + retryPeriodMs });
    return;
  }
  const retryMs = nowMs + retryPeriodMs * (1 + jitterFactor * random);
  const claimMs = claimableAtMs(turn.state);
  turn.effects.push({ kind: 'wait', atMs: claimMs > nowMs ? Math.min(retryMs, claimMs) : retryMs });
}

// --- stopping --------------------------------------------------------------------------------------------------------------------

function onStop(turn: Turn): void {
  const { term, request, settings, stoppingByMs } = turn.state;
  if (stoppingByMs !== undefined) return;
  if (term !== undefined) lose(turn, 'stopped');
  if (request !== undefined) {
    turn.effects.push({ kind: 'cancel' });
    forgetVersion(turn);
  }
  if (turn.state.working) {
    // The work gets the rest of its term to end; then the lease is left to run out, for it must not be free while somebody works.
    const byMs = term?.untilMs ?? turn.at.nowMs + settings.renewDeadlineMs;
    set(turn, { stoppingByMs: byMs });
    turn.effects.push({ kind: 'wait', atMs: byMs });
  } else {
    beginRelease(turn);
  }
}

function beginRelease(turn: Turn): void {
  set(turn, { stoppingByMs: turn.at.nowMs + turn.state.settings.renewDeadlineMs });
  release(turn);
}

/** Gives the lease up if it is ours. Never called while the work of a term still runs: others may lead as soon as this is written. */
function release(turn: Turn): void {
  const { settings, acquisition, seen } = turn.state;
  if (!settings.releaseOnStop || acquisition === undefined) {
    finish(turn, 'kept');
  } else if (seen?.version === undefined) {
    if (stillTime(turn)) read(turn);
  } else if (!isOurs(turn.state, seen.record)) {
    finish(turn, 'kept');
  } else if (stillTime(turn)) {
    const now = renewTime(turn);
    write(turn, {
      holderIdentity: '',
      // As client-go does: whoever does not know that an empty holder means free waits a second only.
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: seen.record.leaseTransitions,
    });
  }
}

/** Whether there is time for one more request: always, but for a stop that has gone on for too long. */
function stillTime(turn: Turn): boolean {
  const { stoppingByMs } = turn.state;
  if (stoppingByMs === undefined || turn.at.nowMs < stoppingByMs) return true;
  finish(turn, 'kept');
  return false;
}
