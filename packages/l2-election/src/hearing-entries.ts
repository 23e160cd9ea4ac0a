import type { AddressState } from './election-state.ts';
import type { Entry, NodeId } from './heartbeat.ts';
import { beginClaim } from './claiming.ts';
import { isAlive, isStrict, otherHolder, stakeOf } from './knowledge.ts';
import { beats } from './placement.ts';
import { rightOf } from './right.ts';
import type { Turn } from './turn.ts';

/** Whose frame it is, and what else it shows of its sender. */
interface Standing {
  readonly node: NodeId;
  /** How old our newest frame is that it knows of. */
  readonly ackedAgoMs: number;
  /** It names our boot, so it was made after our start. */
  readonly namesUs: boolean;
}

type NamingEntry = Extract<Entry, { readonly node: string }>;

/** Acts on what a heartbeat says of addresses. */
export function hearEntries(turn: Turn, entries: readonly Entry[], standing: Standing): void {
  forgetHints(turn, entries, standing);
  for (const entry of entries) {
    const own = noteTerm(turn, entry);
    if (entry.kind === 'hold') hearHold(turn, own, entry, standing);
    else if (entry.kind === 'claim') hearClaim(turn, own, entry, standing);
    else if (entry.kind === 'give') hearGive(turn, own, entry, standing);
    else if (entry.kind === 'object') hearObjection(turn, entry, standing);
  }
}

/** What others said of a node is void once its own frame shows no stake. */
function forgetHints(turn: Turn, entries: readonly Entry[], { node }: Standing): void {
  for (const [address, own] of turn.state.addresses) {
    const { hint } = own;
    if (hint === undefined || hint.node !== node || hint.from === turn.state.node) continue;
    const staked = entries.some(
      ({ kind, address: named }) => named === address && (kind === 'hold' || kind === 'claim'),
    );
    if (!staked) turn.change(address).hint = undefined;
  }
}

function noteTerm(turn: Turn, entry: Entry): Readonly<AddressState> {
  const known = turn.named(entry.address);
  const aboutUs = entry.kind === 'object' && entry.node === turn.state.node;
  if (entry.term <= known.maxTerm && (aboutUs || entry.term <= known.maxOther)) return known;
  const own = turn.change(entry.address);
  if (!aboutUs) own.maxOther = Math.max(own.maxOther, entry.term);
  own.maxTerm = Math.max(own.maxTerm, entry.term);
  return own;
}

function hearHold(turn: Turn, own: Readonly<AddressState>, entry: Entry, { node }: Standing): void {
  const { state, nowMs } = turn;
  if (own.mode === 'claim') turn.drop(entry.address, 'held-by-other');
  if (own.mode !== 'hold' && own.claimAtMs > -Infinity) {
    turn.change(entry.address).claimAtMs = -Infinity;
  }
  if (own.mode === 'hold') {
    const theirs = { node, term: entry.term };
    if (beats(entry.address, theirs, { node: state.node, term: own.term })) {
      turn.drop(entry.address, 'outranked');
    } else {
      // It must let go as soon as it hears us; if it cannot, we shall.
      state.sendNow = true;
      const met = own.rival?.node === node && nowMs - own.rival.lastMs <= turn.timings.bindingMs;
      turn.change(entry.address).rival =
        met && own.rival !== undefined
          ? { ...own.rival, lastMs: nowMs }
          : { node, sinceMs: nowMs, lastMs: nowMs, seq: state.seq + 1 };
    }
  }
  if (own.gift?.to === node) turn.change(entry.address).gift = undefined;
}

function hearClaim(
  turn: Turn,
  own: Readonly<AddressState>,
  entry: Entry,
  { node, ackedAgoMs }: Standing,
): void {
  const { state, claimsAsOfMs } = turn;
  const { deadAfterMs, marginMs } = turn.timings;
  if (own.mode === 'hold') {
    // One who hears us will give up. One who does not will start whatever we do, so we must stop.
    if (ackedAgoMs > deadAfterMs - marginMs) turn.drop(entry.address, 'claimed-by-deaf');
    else state.sendNow = true;
    return;
  }
  state.sendSoon = true;
  if (own.mode === 'claim') {
    const theirs = { node, term: entry.term };
    if (beats(entry.address, theirs, { node: state.node, term: own.term })) {
      turn.drop(entry.address, 'better-claim');
    }
    return;
  }
  const agreed = own.consent === undefined ? undefined : state.peers.get(own.consent);
  const stands =
    agreed !== undefined &&
    isAlive(state, agreed, claimsAsOfMs) &&
    stakeOf(agreed, entry.address) !== undefined;
  if (!stands) turn.change(entry.address).consent = node;
}

function hearGive(
  turn: Turn,
  own: Readonly<AddressState>,
  entry: NamingEntry,
  { node, namesUs }: Standing,
): void {
  const { state, nowMs } = turn;
  if (entry.node !== state.node) {
    if (own.mode === 'claim') turn.drop(entry.address, 'given-elsewhere');
    else if (
      own.mode === 'hold' &&
      beats(entry.address, entry, { node: state.node, term: own.term })
    )
      turn.drop(entry.address, 'given-elsewhere');
    return;
  }
  const listened = nowMs - state.listenAtMs >= turn.timings.deadAfterMs;
  const able =
    own.candidacy !== undefined && !state.leaving && !state.passive && state.carrier && listened;
  if (own.mode === 'hold' || !able || !namesUs || entry.term < own.maxTerm) return;
  if (nowMs < own.alienUntilMs) return;
  // A gift that comes late finds another holder, perhaps.
  if (otherHolder(state, entry.address, nowMs, { except: node }) !== undefined) return;
  if (nowMs >= rightOf(state).untilMs) return;
  // A gift that comes late may find that others agreed on somebody: strictly, they are asked.
  if (!isStrict(state)) turn.hold(entry.address, entry.term, 'given');
  else if (own.mode === 'idle') beginClaim(turn, entry.address);
}

function hearObjection(turn: Turn, entry: NamingEntry, { node }: Standing): void {
  const { state, nowMs, claimsAsOfMs } = turn;
  if (entry.node === state.node) return;
  const own = turn.change(entry.address);
  own.hint = { node: entry.node, term: entry.term, from: node, atMs: nowMs };
  const holder = state.peers.get(entry.node);
  const asOfMs = own.mode === 'claim' ? claimsAsOfMs : nowMs;
  const lives = holder !== undefined && isAlive(state, holder, asOfMs);
  if (own.mode === 'claim') {
    if (lives) turn.drop(entry.address, 'objection');
    // It objects for one who is dead: its frames so far were no consent. Ask again.
    else own.claimSeq = 0;
  } else if (own.mode === 'hold' && lives) {
    if (beats(entry.address, entry, { node: state.node, term: own.term })) {
      turn.drop(entry.address, 'outranked');
    }
  }
}
