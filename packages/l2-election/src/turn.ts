import type { ElectionEffect, ElectionInput, LossReason } from './election-events.ts';
import {
  type AddressState,
  type Candidacy,
  type ElectionState,
  newAddress,
} from './election-state.ts';
import { isSameList } from './same-list.ts';
import type { Timings } from './timings.ts';

/** How much younger the last mention of an address may be than is written down. */
const namedWithinMs = 60_000;

/**
 * One turn of the machine on its own copy of the state: what is known so far, and what is to be done so far. Of the addresses, only
 * those are copied that it changes: most turns change none.
 */
export class Turn {
  readonly state: ElectionState;
  readonly nowMs: number;
  readonly wallMs: number;
  /** No frame of this turn arrived before this moment. */
  readonly datedMs: number;
  /** Effects that no transition implies. */
  readonly effects: ElectionEffect[] = [];
  readonly #before: ElectionState;
  readonly #lost = new Map<string, LossReason>();
  readonly #gained = new Map<string, 'claimed' | 'given'>();
  /** The records of addresses that are this turn's own. */
  readonly #own = new Map<string, AddressState>();
  #addresses: Map<string, Readonly<AddressState>> | undefined;
  #candidacy: Candidacy = {};

  constructor(before: ElectionState, input: ElectionInput) {
    this.state = {
      ...before,
      strangers: new Map(before.strangers),
      peers: copyEach(before.peers),
    };
    this.nowMs = input.nowMs;
    this.wallMs = input.wallMs;
    this.datedMs = before.readAllAtMs;
    if (input.readAll) this.state.readAllAtMs = input.nowMs;
    this.#before = before;
  }

  get timings(): Timings {
    return this.state.timings;
  }

  /** How many addresses it began to hold in this turn. */
  get gains(): number {
    return this.#gained.size;
  }

  /**
   * As of when claims judge who lives: who is dead then has no right to answer any more now, if it hears us. So consents and the word of the API are gathered
   * while that margin passes; nobody answers before.
   */
  get claimsAsOfMs(): number {
    return this.nowMs + this.timings.marginMs;
  }

  /** Something changed, or may have: all addresses are to be looked at again, see `isSettled`. */
  unsettle(): void {
    this.state.settledAtMs = -Infinity;
  }

  /** What is known of an address that a frame or the owner names now; made where there is nothing. */
  named(address: string): Readonly<AddressState> {
    const known = this.state.addresses.get(address);
    if (known !== undefined && this.nowMs - known.namedAtMs < namedWithinMs) return known;
    const own = this.change(address);
    own.namedAtMs = this.nowMs;
    return own;
  }

  /** The record of an address, to be changed in this turn; made where there is none. What was read of it before is out of date then. */
  change(address: string): AddressState {
    this.unsettle();
    return this.note(address);
  }

  /** The same for what makes no rule do anything: all that was found settled stays so. */
  note(address: string): AddressState {
    let own = this.#own.get(address);
    if (own === undefined) {
      const known = this.state.addresses.get(address);
      own = known === undefined ? newAddress() : { ...known };
      this.#own.set(address, own);
      this.#ownAddresses().set(address, own);
    }
    return own;
  }

  /** A candidacy itself, or the one before it that says the same: thousands of addresses may have it in common, and keep one. */
  sharedCandidacy(candidacy: Candidacy): Candidacy {
    if (!isSameCandidacy(this.#candidacy, candidacy)) this.#candidacy = candidacy;
    return this.#candidacy;
  }

  forget(address: string): void {
    this.#own.delete(address);
    this.#ownAddresses().delete(address);
  }

  /** Begins to hold. The frame that says so is sent in this turn, before the first answer. */
  hold(address: string, term: number, how: 'claimed' | 'given'): void {
    const own = this.change(address);
    own.mode = 'hold';
    own.claimAtMs = -Infinity;
    own.term = term;
    own.maxTerm = Math.max(own.maxTerm, term);
    own.gift = undefined;
    own.rival = undefined;
    this.state.sendNow = true;
    this.#gained.set(address, how);
    const recorded = own.record?.node === this.state.node && own.record.term === term;
    if (!recorded) this.effects.push({ kind: 'record', address, term });
  }

  /** Ends a hold or a claim; without one nothing happens. */
  drop(address: string, reason: LossReason): void {
    const own = this.change(address);
    if (own.mode === 'hold') {
      own.lastHold = own.term;
      this.#lost.set(address, reason);
      this.#gained.delete(address);
      this.state.sendNow = true;
    } else if (own.mode === 'claim') {
      this.effects.push({ kind: 'claim-ended', address, reason });
      this.state.sendSoon = true;
    }
    own.mode = 'idle';
    own.freeSinceMs = -Infinity;
  }

  dropAll(reason: LossReason): void {
    for (const [address, { mode }] of this.state.addresses) {
      if (mode !== 'idle') this.drop(address, reason);
    }
  }

  /** All that was known of others' promises is void: listen anew before claiming. */
  listenAnew(): void {
    this.state.listenAtMs = this.nowMs;
  }

  #ownAddresses(): Map<string, Readonly<AddressState>> {
    if (this.#addresses === undefined) {
      this.#addresses = new Map(this.state.addresses);
      this.state.addresses = this.#addresses;
    }
    return this.#addresses;
  }

  /** What is to be done: first all that others wait for, losses before the frame and gains after it. */
  finish(): ElectionEffect[] {
    const losses: ElectionEffect[] = [];
    for (const [address, reason] of this.#lost) {
      const held = this.#before.addresses.get(address)?.mode === 'hold';
      if (held) losses.push({ kind: 'lost', address, reason });
    }
    const gains: ElectionEffect[] = [];
    for (const [address, how] of this.#gained) {
      const { term } = this.change(address);
      gains.push({ kind: 'gained', address, term, how });
    }
    const isSend = ({ kind }: ElectionEffect): boolean => kind === 'send';
    const [sends, rest] = [
      this.effects.filter(isSend),
      this.effects.filter((effect) => !isSend(effect)),
    ];
    return [...losses, ...sends, ...gains, ...rest];
  }
}

function isSameCandidacy(one: Candidacy, other: Candidacy): boolean {
  if (one === other) return true;
  return (
    one.beside === other.beside &&
    isSameList(one.candidates, other.candidates) &&
    isSameList(one.preferred, other.preferred)
  );
}

function copyEach<Value extends object>(from: ReadonlyMap<string, Value>): Map<string, Value> {
  const to = new Map<string, Value>();
  for (const [key, value] of from) to.set(key, { ...value });
  return to;
}
