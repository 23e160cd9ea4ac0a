import { LeaderElectionError } from './leader-election-error.ts';

/** client-go's default: how long others wait before they take a lease that does not change. */
export const leaseDurationMsDefault = 15_000;
/** client-go's default: how long a leader may act after it *sent* the last renewal that succeeded. */
export const renewDeadlineMsDefault = 10_000;
/** client-go's default: the pause between two tries. */
export const retryPeriodMsDefault = 2_000;
/** client-go's `JitterFactor`: a candidate's pause is the retry period plus up to this many times it. */
export const jitterFactor = 1.2;

/** How an elector behaves. Only `identity` has no default. */
export interface LeaderElectorOptions {
  /**
   * Who we are in the record. It must be unique for each *process*, not for each machine: take `<node>_<uuid>`. Two processes with one
   * identity stay apart (see {@link LeaderElector}), but nobody can tell them apart in the Lease.
   */
  readonly identity: string;
  /** How long others wait, on their own clock, from the last change they saw. Whole seconds: the Lease has no smaller unit. */
  readonly leaseDurationMs?: number;
  /** How long we may act, on our own clock, from the moment before the last successful renewal was sent. */
  readonly renewDeadlineMs?: number;
  /** The pause between two renewals, and (with jitter) between two looks of a candidate. */
  readonly retryPeriodMs?: number;
  /** When one request to the lock is given up. Default: half the renew deadline, so that one that hangs does not cost the term. */
  readonly requestTimeoutMs?: number;
  /** Whether a stop gives the lease up, so that others need not wait until it is over. Default: true. */
  readonly releaseOnStop?: boolean;
  /**
   * A *free* lease is not taken before this many milliseconds after the start. Default: 0. Give each candidate another delay, and the
   * first in line takes a new lease without a race. A lease that ran out is not affected.
   */
  readonly firstTryDelayMs?: number;
  /** Told each time the record names another holder; an empty string means that the lease was given up. */
  readonly onNewLeader?: (identity: string) => void;
}

/** The options that the machine needs, complete. */
export type ElectorSettings = Required<Omit<LeaderElectorOptions, 'onNewLeader'>>;

/**
 * How much slower the leader's clock may run than a candidate's, as a fraction, before both can lead at one moment: 0.33 for the
 * defaults. Clocks may differ by any amount; only the *rate* matters. For clocks that may each be off by `±d` this asks for
 * `(1 + d) / (1 - d) <= leaseDuration / renewDeadline`, that is 20 % for the defaults.
 */
export function driftTolerance(
  settings: Pick<ElectorSettings, 'leaseDurationMs' | 'renewDeadlineMs'>,
): number {
  return (settings.leaseDurationMs - settings.renewDeadlineMs) / settings.leaseDurationMs;
}

/**
 * Fills in the defaults and checks all options together.
 *
 * @throws LeaderElectionError `bad-options`, its message and `details.problems` naming every problem at once
 */
export function completeOptions(options: LeaderElectorOptions): ElectorSettings {
  const renewDeadlineMs = options.renewDeadlineMs ?? renewDeadlineMsDefault;
  const settings: ElectorSettings = {
    identity: options.identity,
    leaseDurationMs: options.leaseDurationMs ?? leaseDurationMsDefault,
    renewDeadlineMs,
    retryPeriodMs: options.retryPeriodMs ?? retryPeriodMsDefault,
    requestTimeoutMs: options.requestTimeoutMs ?? renewDeadlineMs / 2,
    releaseOnStop: options.releaseOnStop ?? true,
    firstTryDelayMs: options.firstTryDelayMs ?? 0,
  };
  const problems = findProblems(settings);
  if (problems.length > 0) {
    throw new LeaderElectionError('bad-options', problems.join('; '), { problems });
  }
  return settings;
}

function findProblems(settings: ElectorSettings): string[] {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, requestTimeoutMs, firstTryDelayMs } =
    settings;
  const problems: string[] = [];
  if (typeof settings.identity !== 'string' || settings.identity === '') {
    problems.push('identity must be a non-empty string: take <node>_<uuid>');
  }
  const positive = { leaseDurationMs, renewDeadlineMs, retryPeriodMs, requestTimeoutMs };
  for (const [name, value] of Object.entries(positive)) {
    if (!Number.isFinite(value) || value <= 0) {
      problems.push(`${name} must be a number above 0, not ${String(value)}`);
    }
  }
  if (!Number.isFinite(firstTryDelayMs) || firstTryDelayMs < 0) {
    problems.push(`firstTryDelayMs must be 0 or more, not ${String(firstTryDelayMs)}`);
  }
  if (leaseDurationMs % 1000 !== 0) {
    problems.push(
      `leaseDurationMs must be whole seconds, as the Lease stores them, not ${leaseDurationMs}`,
    );
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    problems.push(
      `leaseDurationMs (${leaseDurationMs}) must be more than renewDeadlineMs (${renewDeadlineMs})`,
    );
  }
  if (renewDeadlineMs <= retryPeriodMs * jitterFactor) {
    problems.push(
      `renewDeadlineMs (${renewDeadlineMs}) must be more than ${jitterFactor} x retryPeriodMs (${retryPeriodMs})`,
    );
  }
  if (requestTimeoutMs >= renewDeadlineMs) {
    problems.push(
      `requestTimeoutMs (${requestTimeoutMs}) must be less than renewDeadlineMs (${renewDeadlineMs})`,
    );
  }
  return problems;
}
