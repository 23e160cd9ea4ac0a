import type {
  AddressState,
  Candidacy,
  ElectionState,
  Gift,
  Hint,
  Peer,
  Rival,
} from './election-state.ts';
import { byAddress } from './hearing.ts';
import type { Acknowledgement, Entry } from './heartbeat.ts';
import {
  address,
  BAD,
  count,
  dictionary,
  flag,
  type Kind,
  list,
  maybe,
  node,
  record,
  sparse,
  text,
  time,
  type Whole,
  word,
} from './state-kinds.ts';
import type { Timings } from './timings.ts';

/** Why a text is no state that this build can go on with. */
export type StateFault = 'not-json' | 'other-format' | 'bad-value';

/** To be counted up where a field comes to mean something else under the same name. */
const MEANING = 1;

const timings: Kind<Timings> = record({
  heartbeatMs: time,
  deadAfterMs: time,
  bindingMs: time,
  marginMs: time,
  fastMs: time,
  graceMs: time,
  deafAfterMs: time,
  probingMs: time,
  staggerMs: time,
  delayMs: time,
});

const flatEntry = record<{
  kind: Entry['kind'];
  address: string;
  term: number;
  node: string | undefined;
}>({ kind: word('hold', 'claim', 'give', 'object'), address, term: count, node: maybe(node) });

const entry: Kind<Entry> = {
  names: flatEntry.names,
  write: (value) => flatEntry.write({ node: undefined, ...value }),
  read: (json) => {
    const read = flatEntry.read(json);
    if (read === BAD) return BAD;
    const { kind, node: named, ...rest } = read;
    if (kind === 'hold' || kind === 'claim') return named === undefined ? { kind, ...rest } : BAD;
    return named === undefined ? BAD : { kind, ...rest, node: named };
  },
};

const nodes = maybe(list(node));

const candidacy: Kind<Candidacy> = sparse(
  record<Whole<Candidacy>>({ candidates: nodes, preferred: nodes, beside: maybe(address) }),
);

const acknowledgement: Kind<Acknowledgement> = record({
  node,
  boot: count,
  evidence: count,
  direct: count,
});

/** Their entries by address are in the list already. */
const flatPeer = record<Omit<Peer, 'entries'>>({
  boot: count,
  sinceSeq: count,
  newest: count,
  direct: count,
  evidence: count,
  evidenceAtMs: time,
  heardAtMs: time,
  anchorMs: time,
  ackDirect: count,
  ackDirectAtMs: time,
  gotAtMs: time,
  ackMax: count,
  proven: flag,
  dead: flag,
  backAtMs: time,
  leaving: flag,
  passive: flag,
  held: count,
  ageMs: count,
  mac: text,
  acknowledgements: list(acknowledgement),
  listSeq: count,
  isListMissing: flag,
  list: list(entry),
});

const peer: Kind<Peer> = {
  ...flatPeer,
  read: (json) => {
    const read = flatPeer.read(json);
    return read === BAD ? BAD : { ...read, entries: byAddress(read.list) };
  },
};

const addressState: Kind<Readonly<AddressState>> = record({
  mode: word('idle', 'claim', 'hold'),
  term: count,
  maxTerm: count,
  maxOther: count,
  candidacy: maybe(candidacy),
  formerCandidacy: maybe(candidacy),
  apart: maybe(record<NonNullable<AddressState['apart']>>({ node, sinceMs: time })),
  gathered: maybe(record<NonNullable<AddressState['gathered']>>({ node, atMs: time })),
  claimAtMs: time,
  strivesAtMs: time,
  restsUntilMs: time,
  claimSeq: count,
  claimLeastMs: time,
  probedAtMs: time,
  freeSinceMs: time,
  lastHold: count,
  gift: maybe(record<Gift>({ to: node, term: count, seq: count, atMs: time })),
  hint: maybe(record<Hint>({ node, term: count, from: node, atMs: time })),
  consent: maybe(node),
  rival: maybe(record<Rival>({ node, sinceMs: time, lastMs: time, seq: count })),
  record: maybe(record<NonNullable<AddressState['record']>>({ term: count, node, atMs: time })),
  recordedTerm: count,
  recordAsked: flag,
  alienUntilMs: time,
  namedAtMs: time,
});

const state: Kind<ElectionState> = record({
  node,
  timings,
  quorum: count,
  boot: count,
  seq: count,
  listenAtMs: time,
  promisedAtMs: time,
  lastSentMs: time,
  sentAtMs: list(time, -Infinity),
  readAllAtMs: time,
  foreignAtMs: time,
  solicitedAtMs: time,
  duplicateAtMs: time,
  asideAtMs: time,
  silent: flag,
  leaving: flag,
  passive: flag,
  carrier: flag,
  alone: flag,
  sendSoon: flag,
  sendNow: flag,
  groupSize: count,
  groupAtMs: time,
  doubtedAtMs: time,
  apiReachable: flag,
  apiAliveAtMs: dictionary(node, time),
  strangers: dictionary(
    node,
    record<{ readonly boot: number; readonly atMs: number }>({ boot: count, atMs: time }),
  ),
  peers: dictionary(node, peer),
  addresses: dictionary(address, addressState),
  list: list(entry),
  listSeq: count,
  listedAtMs: time,
  newListAtMs: time,
  settledAtMs: time,
  wakeAtMs: time,
});

/** All names of all fields, and what they mean: builds of which this is the same can go on with each other's states. */
export const stateFormat: string = `${MEANING}${state.names}`;

/**
 * Writes all that a node knows on a segment, for another process of the same machine that goes on in its place. Its moments are those of the machine's
 * clock: that other process must have the same.
 */
export function encodeState(value: ElectionState): string {
  return JSON.stringify([stateFormat, state.write(value)]);
}

/** Reads what {@link encodeState} wrote, in this build or one with the same {@link stateFormat}. Never throws. */
export function decodeState(written: string): ElectionState | StateFault {
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch {
    return 'not-json';
  }
  if (!Array.isArray(json) || json.length !== 2 || json[0] !== stateFormat) return 'other-format';
  const read = state.read(json[1]);
  return read === BAD ? 'bad-value' : read;
}
