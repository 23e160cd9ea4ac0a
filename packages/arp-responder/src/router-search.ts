/** Times of the search, in milliseconds. */
export const ROUTER_SEARCH = {
  /** The first question waits for at most this (RFC 4861 §10, MAX_RTR_SOLICITATION_DELAY). */
  FIRST_QUESTION_MAX_MS: 1000,
  /** The second follows the first by this, give or take a tenth; each wait is twice as long as the one before (RFC 7559 §2, IRT). */
  QUESTION_MS: 4000,
  /** The longest wait between two (RFC 7559 §2, MRT). */
  QUESTION_MAX_MS: 3_600_000,
  /** Two advertisements of ours are at least so far apart (RFC 4861 §10, MIN_DELAY_BETWEEN_RAS), and the first ones are just that. */
  ADVERTISE_MIN_MS: 3000,
  /** How many they are (RFC 4861 §10, MAX_INITIAL_RTR_ADVERTISEMENTS). */
  FIRST_ADVERTISEMENTS: 3,
  /** The most between two later ones, as FRR has it where BGP needs them; the least is three quarters of it. */
  ADVERTISE_MS: 10_000,
  /** A router that is asked answers within half a second, or three after its last word (RFC 4861 §6.2.6). */
  ANSWER_MS: 4000,
  /** Where two have proved to be there, the first one is not asked about again for this long. */
  SETTLED_MS: 60_000,
} as const;

/** Where the search for the router of one link stands. Addresses are text. */
export interface RouterSearch {
  /** The router; `undefined`: none was heard. */
  readonly router: string | undefined;
  /** Another that has spoken. The router is asked whether it is still there, and until this moment it may answer. */
  readonly rival: { readonly address: string; readonly untilMs: number } | undefined;
  /** Others are not listened to before. */
  readonly settledUntilMs: number;
  /** How often was asked. */
  readonly asked: number;
  /** When to ask next; `Infinity`: not at all. */
  readonly askAtMs: number;
  /** How often we advertised. */
  readonly advertised: number;
  /** When we advertised last. */
  readonly advertisedAtMs: number;
  /** When to do so next; `Infinity`: not at all. */
  readonly advertiseAtMs: number;
}

/** The link cannot carry anything yet. */
export const NO_SEARCH: RouterSearch = {
  router: undefined,
  rival: undefined,
  settledUntilMs: -Infinity,
  asked: 0,
  askAtMs: Infinity,
  advertised: 0,
  advertisedAtMs: -Infinity,
  advertiseAtMs: Infinity,
};

/** What happens. `heard`: a router has advertised itself; `wake`: the time of a `wake-at` has come. */
export type RouterSearchInput =
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }
  | { readonly kind: 'heard'; readonly address: string }
  | { readonly kind: 'wake' };

/** When it happens, and a number in [0, 1) for jitter. */
export interface RouterSearchMoment {
  readonly nowMs: number;
  readonly random: number;
}

/**
 * What is to be done: ask the routers of the link, advertise ourselves, take another router than before for the one (`undefined`: there is none), be called
 * with `wake` at a time, which replaces an earlier one (`Infinity`: never).
 */
export type RouterSearchEffect =
  | { readonly kind: 'ask' }
  | { readonly kind: 'advertise' }
  | { readonly kind: 'router'; readonly address: string | undefined }
  | { readonly kind: 'wake-at'; readonly atMs: number };

/**
 * One step of the search for the one router behind a link, for BGP without configured addresses. Pure.
 *
 * The first that advertises itself is the router, whatever lifetime it gives: routers that do so for BGP alone give 0, which says nothing of when they
 * go. So it stays until the link is down, or until another speaks and it gives no answer to a question. We are advertised as long as the link
 * is up, since a router has nothing else to find us by, and at once when one is found.
 */
export function routerSearchStep(
  state: RouterSearch,
  input: RouterSearchInput,
  at: RouterSearchMoment,
): [RouterSearch, readonly RouterSearchEffect[]] {
  const [next, effects] = react(state, input, at);
  const [before, after] = [wakeAt(state), wakeAt(next)];
  if (before === after && input.kind !== 'wake') return [next, effects];
  return [next, [...effects, { kind: 'wake-at', atMs: after }]];
}

type Step = [RouterSearch, readonly RouterSearchEffect[]];

function react(state: RouterSearch, input: RouterSearchInput, at: RouterSearchMoment): Step {
  switch (input.kind) {
    case 'up':
      return [begin(at), []];
    case 'down':
      return [NO_SEARCH, lost(state)];
    case 'heard':
      return hear(state, input.address, at);
    case 'wake':
      return wake(state, at);
  }
}

function begin({ nowMs, random }: RouterSearchMoment): RouterSearch {
  const askAtMs = nowMs + random * ROUTER_SEARCH.FIRST_QUESTION_MAX_MS;
  return { ...NO_SEARCH, askAtMs, advertiseAtMs: nowMs };
}

function lost({ router }: RouterSearch): readonly RouterSearchEffect[] {
  return router === undefined ? [] : [{ kind: 'router', address: undefined }];
}

function hear(state: RouterSearch, address: string, { nowMs }: RouterSearchMoment): Step {
  const { router, rival, settledUntilMs } = state;
  if (router === undefined) return find(state, address, nowMs);
  if (router === address) {
    if (rival === undefined) return [state, []];
    return [{ ...state, rival: undefined, settledUntilMs: nowMs + ROUTER_SEARCH.SETTLED_MS }, []];
  }
  if (rival !== undefined || nowMs < settledUntilMs) return [state, []];
  const untilMs = nowMs + ROUTER_SEARCH.ANSWER_MS;
  return [{ ...state, rival: { address, untilMs } }, [{ kind: 'ask' }]];
}

/** It may be as new here as it is to us, and is told of us as soon as we may speak. */
function find(state: RouterSearch, address: string, nowMs: number): Step {
  const earliestMs = Math.max(nowMs, state.advertisedAtMs + ROUTER_SEARCH.ADVERTISE_MIN_MS);
  const found = {
    ...state,
    router: address,
    rival: undefined,
    askAtMs: Infinity,
    advertiseAtMs: Math.min(state.advertiseAtMs, earliestMs),
  };
  return [found, [{ kind: 'router', address }]];
}

function wake(state: RouterSearch, at: RouterSearchMoment): Step {
  const effects: RouterSearchEffect[] = [];
  let next = state;
  if (next.rival !== undefined && next.rival.untilMs <= at.nowMs) {
    const [found, changes] = find(next, next.rival.address, at.nowMs);
    next = found;
    effects.push(...changes);
  }
  if (next.askAtMs <= at.nowMs) {
    const asked = next.asked + 1;
    next = { ...next, asked, askAtMs: at.nowMs + questionDelayMs(asked, at.random) };
    effects.push({ kind: 'ask' });
  }
  if (next.advertiseAtMs <= at.nowMs) {
    const advertised = next.advertised + 1;
    const advertiseAtMs = at.nowMs + advertiseDelayMs(advertised, at.random);
    next = { ...next, advertised, advertisedAtMs: at.nowMs, advertiseAtMs };
    effects.push({ kind: 'advertise' });
  }
  return [next, effects];
}

/** After so many questions. */
function questionDelayMs(asked: number, random: number): number {
  const { QUESTION_MS, QUESTION_MAX_MS } = ROUTER_SEARCH;
  return Math.min(QUESTION_MS * 2 ** (asked - 1), QUESTION_MAX_MS) * (0.9 + 0.2 * random);
}

/** After so many advertisements. */
function advertiseDelayMs(advertised: number, random: number): number {
  const { FIRST_ADVERTISEMENTS, ADVERTISE_MIN_MS, ADVERTISE_MS } = ROUTER_SEARCH;
  return advertised < FIRST_ADVERTISEMENTS
    ? ADVERTISE_MIN_MS
    : ADVERTISE_MS * (0.75 + 0.25 * random);
}

function wakeAt({ rival, askAtMs, advertiseAtMs }: RouterSearch): number {
  return Math.min(rival?.untilMs ?? Infinity, askAtMs, advertiseAtMs);
}
