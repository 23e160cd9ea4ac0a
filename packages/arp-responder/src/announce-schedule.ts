/**
 * When an address is announced, in milliseconds after it became ours.
 *
 * RFC 5227 §2.3 wants two announcements 2 s apart (ANNOUNCE_NUM, ANNOUNCE_INTERVAL). A neighbour that misses both keeps
 * sending to the old owner until its cache ages, so we follow MetalLB's burst: five rounds in 4.4 s, which on a LAN that
 * loses every tenth frame leaves one neighbour in 100,000 untold instead of one in 100.
 */
export const ANNOUNCE_AT_MS: readonly number[] = [0, 1100, 2200, 3300, 4400];

/**
 * A good pause for repeating announcements after that. Switches forget on which port a machine is after 300 s without a frame of it (the
 * ageing time of IEEE 802.1D), while neighbours may remember its address for longer, and then send into the void.
 */
export const ANNOUNCE_REFRESH_MS = 180_000;

/** Where the announcing of one address stands. `round` is the next to be sent, an index of {@link ANNOUNCE_AT_MS}. */
export type AnnounceState =
  | { readonly kind: 'quiet' }
  | { readonly kind: 'refreshing' }
  | { readonly kind: 'announcing'; readonly startedMs: number; readonly round: number };

/** The state of an address that is not being announced. */
export const QUIET: AnnounceState = { kind: 'quiet' };

/**
 * What happens to it. `start`: the address became ours, or the link came back; `due`: the time of a round came, and the right
 * to answer still runs or not; `stop`: the address is no longer ours.
 */
export type AnnounceInput =
  | { readonly type: 'start'; readonly nowMs: number }
  | { readonly type: 'due'; readonly nowMs: number; readonly entitled: boolean }
  | { readonly type: 'stop' };

/** What is to be done: send a round now, and be called with `due` after `ms` (which replaces an earlier wait), or wait no more. */
export type AnnounceEffect =
  | { readonly type: 'send' }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'cancel' };

/** One step of the schedule. Pure. `refreshMs`: how long after the last round another follows, and so on; default: none does. */
export function announceStep(
  state: AnnounceState,
  input: AnnounceInput,
  refreshMs: number = Number.POSITIVE_INFINITY,
): [AnnounceState, readonly AnnounceEffect[]] {
  if (input.type === 'stop') return state === QUIET ? [QUIET, []] : [QUIET, [{ type: 'cancel' }]];
  if (input.type === 'start') return sendRound(0, input.nowMs, input.nowMs, refreshMs);
  if (state.kind === 'quiet') return [QUIET, []];
  if (!input.entitled) return [QUIET, [{ type: 'cancel' }]];
  if (state.kind === 'refreshing')
    return [state, [{ type: 'send' }, { type: 'wait', ms: refreshMs }]];
  return sendRound(state.round, state.startedMs, input.nowMs, refreshMs);
}

function sendRound(
  round: number,
  startedMs: number,
  nowMs: number,
  refreshMs: number,
): [AnnounceState, readonly AnnounceEffect[]] {
  // After a stall several rounds are overdue: they are one now.
  let next = round + 1;
  while ((ANNOUNCE_AT_MS[next] ?? Infinity) <= nowMs - startedMs) next++;
  const dueMs = ANNOUNCE_AT_MS[next];
  if (dueMs === undefined && refreshMs < Number.POSITIVE_INFINITY) {
    return [{ kind: 'refreshing' }, [{ type: 'send' }, { type: 'wait', ms: refreshMs }]];
  }
  if (dueMs === undefined) return [QUIET, [{ type: 'send' }, { type: 'cancel' }]];
  return [
    { kind: 'announcing', startedMs, round: next },
    [{ type: 'send' }, { type: 'wait', ms: startedMs + dueMs - nowMs }],
  ];
}
