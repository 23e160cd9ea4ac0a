import type { Acknowledgement, Entry, NodeId } from './heartbeat.ts';
import type { Timings } from './timings.ts';

/** How many of its last frames a node knows the sending time of: more than it sends in `deadAfterMs` at the fastest. */
export const sentTimesKept = 128;

/** What we know of one peer. Times are ours. */
export interface Peer {
  boot: number;
  /** Our newest frame when this boot became known: one that ended before cannot acknowledge a later one. */
  sinceSeq: number;
  /** The newest frame received from it. */
  newest: number;
  /** The newest of them of which we know what it says of addresses: what we tell it that we have. */
  direct: number;
  /** The newest frame of it that is known to exist, and since when. */
  evidence: number;
  evidenceAtMs: number;
  heardAtMs: number;
  /** It begins to answer for nothing of ours before this moment and `deadAfterMs`. */
  anchorMs: number;
  /** The newest frame of ours that it received itself, and when we sent that. */
  ackDirect: number;
  ackDirectAtMs: number;
  /** When we sent the newest frame that it received itself, whether its own list is known here or not. */
  gotAtMs: number;
  /** The newest frame of ours that any boot of it knew of. */
  ackMax: number;
  /** A frame of this boot named our boot, so it is no recording from before our start. */
  proven: boolean;
  /** Its death was noticed and acted on. */
  dead: boolean;
  /** When it was last heard again after a silence. */
  backAtMs: number;
  leaving: boolean;
  passive: boolean;
  held: number;
  ageMs: number;
  /** Its hardware address as text, to tell an answer of its own from a stranger's. */
  mac: string;
  acknowledgements: readonly Acknowledgement[];
  /** Its newest frame refers to a list that we lack: what follows is out of date. */
  isListMissing: boolean;
  /** What the frame `direct` says of addresses, as it came and by address; and the frame that said so first. */
  listSeq: number;
  list: readonly Entry[];
  entries: ReadonlyMap<string, readonly Entry[]>;
}

/** Who may answer for an address, as the speaker says. Nodes may disagree about it for a while without harm. */
export interface Candidacy {
  /** Only these are counted when places are given; absent: every node. */
  readonly candidates?: readonly NodeId[];
  /** In this order before all others. */
  readonly preferred?: readonly NodeId[];
  /** Another address: whoever holds that should hold this one too. */
  readonly beside?: string;
}

/** What we know of one address and do about it. */
export interface AddressState {
  mode: 'idle' | 'claim' | 'hold';
  /** Of our claim or hold. */
  term: number;
  /** The highest term known, our own included, and the highest that others showed. */
  maxTerm: number;
  maxOther: number;
  /** Present while we stand for it. */
  candidacy: Candidacy | undefined;
  /** What it was until we resigned: who may take over. */
  formerCandidacy: Candidacy | undefined;
  /** Another holds what this address belongs beside, and since when; and to whom we last gave it therefore. */
  apart: { readonly node: NodeId; readonly sinceMs: number } | undefined;
  gathered: { readonly node: NodeId; readonly atMs: number } | undefined;
  /** When the newest claim began, if nobody is known to have held the address since. */
  claimAtMs: number;
  /** When the first of the claims began that followed each other, and until when the next one waits. */
  strivesAtMs: number;
  restsUntilMs: number;
  /** The frame that first showed our claim; 0: not sent yet. */
  claimSeq: number;
  /** How long the claim must last at least: probing, if nobody is known to have held the address. */
  claimLeastMs: number;
  probedAtMs: number;
  freeSinceMs: number;
  /** The term of our own last hold, 0 for none. */
  lastHold: number;
  gift: Gift | undefined;
  /** What another node, or our own gift, says of a holder whose frame we may not have. */
  hint: Hint | undefined;
  /** The claimant we agreed to. */
  consent: NodeId | undefined;
  /** Another that holds it too, and is the lower of us. */
  rival: Rival | undefined;
  /** The newest owner that the API names. */
  record: { readonly term: number; readonly node: NodeId; readonly atMs: number } | undefined;
  /** The term that the API confirmed for us. */
  recordedTerm: number;
  recordAsked: boolean;
  /** Until when a machine that is no speaker counts as its owner. */
  alienUntilMs: number;
  /** When a frame last named it, to the minute. */
  namedAtMs: number;
}

/** That another may hold it, said until that has arrived. */
export interface Gift {
  readonly to: NodeId;
  readonly term: number;
  /** The frame that first said so; 0: not sent yet. */
  readonly seq: number;
  readonly atMs: number;
}

/** See {@link AddressState.hint}. */
export interface Hint {
  readonly node: NodeId;
  readonly term: number;
  readonly from: NodeId;
  readonly atMs: number;
}

/** See {@link AddressState.rival}. */
export interface Rival {
  readonly node: NodeId;
  readonly sinceMs: number;
  readonly lastMs: number;
  /** Our first frame after we met it. */
  readonly seq: number;
}

/** All that one node knows on one segment. A value: `step` makes a new one. */
export interface ElectionState {
  readonly node: NodeId;
  readonly timings: Timings;
  /** Strict: so many others must agree that, with us, they are more than half of all members. 0: nobody counts. */
  readonly quorum: number;
  readonly boot: number;
  seq: number;
  listenAtMs: number;
  /** Where it is later than `listenAtMs`, promises count from here. */
  promisedAtMs: number;
  lastSentMs: number;
  /** When the frame `seq` was sent, at `seq % sentTimesKept`. */
  sentAtMs: readonly number[];
  /** When all frames that had arrived were last read: those that we get now may have waited since. */
  readAllAtMs: number;
  foreignAtMs: number;
  solicitedAtMs: number;
  duplicateAtMs: number;
  /** When another port of this machine, which comes first, was last heard on the segment; and whether we therefore say nothing. */
  asideAtMs: number;
  silent: boolean;
  leaving: boolean;
  passive: boolean;
  carrier: boolean;
  /** The API knows of no other node here, so silence proves nothing. */
  alone: boolean;
  /** Send soon; send in this turn. */
  sendSoon: boolean;
  sendNow: boolean;
  groupSize: number;
  groupAtMs: number;
  /** Since when the API is asked what is still ours, see `doubt`; `-Infinity`: nothing is in doubt; `Infinity`: it said so, or took too long. */
  doubtedAtMs: number;
  apiReachable: boolean;
  /** When the API last showed a sign of life of a node. */
  apiAliveAtMs: ReadonlyMap<NodeId, number>;
  /** Boots that we took nothing from yet, as they may be recordings. */
  strangers: Map<NodeId, { readonly boot: number; readonly atMs: number }>;
  peers: Map<NodeId, Peer>;
  addresses: ReadonlyMap<string, Readonly<AddressState>>;
  /** What our newest frame said of addresses: the same object for as long as nothing changes. */
  list: readonly Entry[];
  /** The frame that said so first, and when it was said first and last. */
  listSeq: number;
  newListAtMs: number;
  listedAtMs: number;
  /** When all addresses were last found settled, see `isSettled`; `-Infinity`: something changed since. */
  settledAtMs: number;
  /** When the next turn is due, if nothing happens before. */
  wakeAtMs: number;
}

/** The state of a node that starts now. */
export function initialState(options: {
  readonly node: NodeId;
  readonly boot: number;
  readonly timings: Timings;
  readonly nowMs: number;
  /** How many nodes there are in all, where more than half of them must agree; see `L2ElectionOptions.strict`. */
  readonly members?: number;
}): ElectionState {
  const { nowMs } = options;
  return {
    node: options.node,
    timings: options.timings,
    quorum: Math.floor((options.members ?? 0) / 2),
    boot: options.boot,
    seq: 0,
    listenAtMs: nowMs,
    promisedAtMs: -Infinity,
    lastSentMs: -Infinity,
    sentAtMs: [],
    readAllAtMs: nowMs,
    foreignAtMs: nowMs,
    solicitedAtMs: -Infinity,
    duplicateAtMs: -Infinity,
    asideAtMs: -Infinity,
    silent: false,
    leaving: false,
    passive: false,
    carrier: true,
    alone: false,
    sendSoon: false,
    sendNow: true,
    groupSize: 1,
    groupAtMs: nowMs,
    doubtedAtMs: -Infinity,
    apiReachable: false,
    apiAliveAtMs: new Map(),
    strangers: new Map(),
    peers: new Map(),
    addresses: new Map(),
    list: [],
    listSeq: 0,
    newListAtMs: -Infinity,
    listedAtMs: -Infinity,
    settledAtMs: -Infinity,
    wakeAtMs: nowMs,
  };
}

/** A peer that nothing is known of but its boot. */
export function newPeer(boot: number, ackMax: number, sinceSeq: number): Peer {
  return {
    boot,
    sinceSeq,
    newest: 0,
    direct: 0,
    evidence: 0,
    evidenceAtMs: -Infinity,
    heardAtMs: -Infinity,
    anchorMs: -Infinity,
    ackDirect: 0,
    ackDirectAtMs: -Infinity,
    gotAtMs: -Infinity,
    ackMax,
    proven: false,
    dead: false,
    backAtMs: -Infinity,
    leaving: false,
    passive: false,
    held: 0,
    ageMs: 0,
    mac: '',
    acknowledgements: [],
    isListMissing: false,
    listSeq: 0,
    list: [],
    entries: new Map(),
  };
}

/** An address that nothing is known of. */
export function newAddress(): AddressState {
  return {
    mode: 'idle',
    term: 0,
    maxTerm: 0,
    maxOther: 0,
    candidacy: undefined,
    formerCandidacy: undefined,
    apart: undefined,
    gathered: undefined,
    claimAtMs: -Infinity,
    strivesAtMs: -Infinity,
    restsUntilMs: -Infinity,
    claimSeq: 0,
    claimLeastMs: 0,
    probedAtMs: -Infinity,
    freeSinceMs: -Infinity,
    lastHold: 0,
    gift: undefined,
    hint: undefined,
    consent: undefined,
    rival: undefined,
    record: undefined,
    recordedTerm: 0,
    recordAsked: false,
    alienUntilMs: -Infinity,
    namedAtMs: -Infinity,
  };
}
