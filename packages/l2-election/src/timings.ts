import { L2ElectionError } from './l2-election-error.ts';

/** The times of the protocol, in milliseconds of a node's own monotonic clock. All nodes of a segment must use the same. */
export interface Timings {
  /** H: between two heartbeats when nothing happens. */
  readonly heartbeatMs: number;
  /** T: a peer without evidence for so long is dead. Also the length of a promise, and of listening before the first claim. */
  readonly deadAfterMs: number;
  /** G: the promise of a peer that was not heard for so long no longer binds our right to answer. */
  readonly bindingMs: number;
  /** M: kept back from each right, for clock drift and for the time between the check and the wire. */
  readonly marginMs: number;
  /** R: between two frames while something is overdue. */
  readonly fastMs: number;
  /** Γ: what a peer that comes back is given to learn of us. */
  readonly graceMs: number;
  /** Z: without a foreign frame for so long we are deaf, or alone. */
  readonly deafAfterMs: number;
  /** S: the least length of a claim on an address that nobody is known to have held. */
  readonly probingMs: number;
  /** W: for each place in the order, how much later a node claims. */
  readonly staggerMs: number;
  /** δ: the longest one-way delay of a frame that counts as in time. */
  readonly delayMs: number;
}

/** How much faster or slower than true time a clock may run: 1 %. */
export const clockDrift = 0.01;

/** For wired segments: the next answer comes 0.8 s after a crash; a stall of up to 0.6 s moves nothing. */
export const wiredTimings: Timings = {
  heartbeatMs: 125,
  deadAfterMs: 800,
  bindingMs: 550,
  marginMs: 50,
  fastMs: 20,
  graceMs: 200,
  deafAfterMs: 450,
  probingMs: 200,
  staggerMs: 60,
  delayMs: 20,
};

/** For segments with Wi-Fi between the nodes, up to about six of them. */
export const wifiTimings: Timings = {
  heartbeatMs: 250,
  deadAfterMs: 2000,
  bindingMs: 1300,
  marginMs: 100,
  fastMs: 60,
  graceMs: 500,
  deafAfterMs: 1100,
  probingMs: 500,
  staggerMs: 200,
  delayMs: 150,
};

/**
 * Checks the inequalities that the promises rest on.
 *
 * @throws L2ElectionError `bad-options`, its message and `details.problems` naming every one that does not hold
 */
export function checkTimings(timings: Timings): void {
  const problems = findProblems(timings);
  if (problems.length > 0) {
    throw new L2ElectionError('bad-options', problems.join('; '), { problems });
  }
}

function findProblems(timings: Timings): string[] {
  const odd = Object.entries(timings)
    .filter(([, value]) => !Number.isFinite(value) || value <= 0)
    .map(([name, value]) => `${name} must be a number above 0, not ${String(value)}`);
  if (odd.length > 0) return odd;
  const { heartbeatMs, deadAfterMs, bindingMs, marginMs, fastMs, graceMs, deafAfterMs, delayMs } =
    timings;
  const rules: [boolean, string][] = [
    [
      marginMs > 2 * clockDrift * deadAfterMs,
      `marginMs must be more than ${2 * clockDrift * deadAfterMs}, what clocks may drift in deadAfterMs`,
    ],
    [
      bindingMs + heartbeatMs + 2 * delayMs + marginMs <= deadAfterMs,
      'bindingMs + heartbeatMs + 2 delayMs + marginMs must fit into deadAfterMs: else a crash elsewhere silences a healthy holder',
    ],
    [
      deafAfterMs + 2 * heartbeatMs + delayMs + marginMs <= deadAfterMs,
      'deafAfterMs + 2 heartbeatMs + delayMs + marginMs must fit into deadAfterMs: else one deaf node silences all',
    ],
    [
      (bindingMs - 2.5 * heartbeatMs) / fastMs >= 10,
      'bindingMs must leave ten tries of fastMs after 2.5 heartbeatMs, when a lost frame is noticed at the latest: else lost frames move addresses',
    ],
    [
      2 * fastMs + 2 * delayMs <= graceMs && graceMs < deadAfterMs - marginMs,
      'graceMs must be at least 2 fastMs + 2 delayMs, and less than deadAfterMs - marginMs',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => problem);
}
