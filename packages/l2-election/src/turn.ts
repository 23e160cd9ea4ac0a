import {
  type AddressState,
  type ElectionEffect,
  type ElectionInput,
  type ElectionState,
  type LossReason,
  newAddress,
} from './election-state.ts';
import type { Timings } from './timings.ts';

/** One turn of the machine on its own copy of the state: what is known so far, and what is to be done so far. */
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

  constructor(before: ElectionState, input: ElectionInput) {
    this.state = copyOf(before);
    this.nowMs = input.nowMs;
    this.wallMs = input.wallMs;
    this.datedMs = before.readAllAtMs;
    if (input.readAll) this.state.readAllAtMs = input.nowMs;
    this.#before = before;
  }

  get timings(): Timings {
    return this.state.timings;
  }

  /** The record of an address, made where there is none. */
  address(address: string): AddressState {
    let found = this.state.addresses.get(address);
    if (found === undefined) {
      found = newAddress();
      this.state.addresses.set(address, found);
    }
    found.namedAtMs = this.nowMs;
    return found;
  }

  /** Begins to hold. The frame that says so is sent in this turn, before the first answer. */
  hold(address: string, term: number, how: 'claimed' | 'given'): void {
    const own = this.address(address);
    own.mode = 'hold';
    own.term = term;
    own.maxTerm = Math.max(own.maxTerm, term);
    own.giveTo = undefined;
    own.rival = undefined;
    this.state.sendNow = true;
    this.#gained.set(address, how);
    const recorded = own.record?.node === this.state.node && own.record.term === term;
    if (!recorded) this.effects.push({ kind: 'record', address, term });
  }

  /** Ends a hold or a claim; without one nothing happens. */
  drop(address: string, reason: LossReason): void {
    const own = this.address(address);
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

  /** What is to be done, losses first and gains last. */
  finish(): ElectionEffect[] {
    const losses: ElectionEffect[] = [];
    for (const [address, reason] of this.#lost) {
      const held = this.#before.addresses.get(address)?.mode === 'hold';
      if (held) losses.push({ kind: 'lost', address, reason });
    }
    const gains: ElectionEffect[] = [];
    for (const [address, how] of this.#gained) {
      const { term } = this.address(address);
      gains.push({ kind: 'gained', address, term, how });
    }
    return [...losses, ...this.effects, ...gains];
  }
}

function copyOf(state: ElectionState): ElectionState {
  return {
    ...state,
    strangers: new Map(state.strangers),
    peers: copyEach(state.peers),
    addresses: copyEach(state.addresses),
  };
}

function copyEach<Value extends object>(from: ReadonlyMap<string, Value>): Map<string, Value> {
  const to = new Map<string, Value>();
  for (const [key, value] of from) to.set(key, { ...value });
  return to;
}
