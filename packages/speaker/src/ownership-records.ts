import type { LeaseLock, LeaseRecord } from '@picluster/leader-election';
import { WorkQueue } from '@picluster/kube';
import { KeptFew } from './kept-few.ts';
import { addressOfLease, LEASE_NAME_START, leaseNameFor } from './lease-name.ts';
import type { Cache } from './speaker.ts';

/** What is kept of the Lease of an address: who owns it, and under which term. */
export interface RecordView {
  /** Name of the node; empty where nobody owns it. */
  readonly node: string;
  readonly term: number;
  /** Of a holder under the strategy `lease`, which shows by it that it lives; else empty, or what one left there. */
  readonly renewTime: string;
}

/** Keeps of a Lease what is used. One that is of no address is left out: `undefined`. */
export function viewRecord(raw: unknown): RecordView | undefined {
  const { metadata, spec } = raw as {
    readonly metadata?: { readonly name?: string };
    readonly spec?: {
      readonly holderIdentity?: string;
      readonly leaseTransitions?: number;
      readonly renewTime?: string;
    };
  };
  if (metadata?.name?.startsWith(LEASE_NAME_START) !== true) return undefined;
  return shared({
    node: nodeOf(spec?.holderIdentity ?? ''),
    term: spec?.leaseTransitions ?? 0,
    renewTime: spec?.renewTime ?? '',
  });
}

const records = new KeptFew<RecordView>();

/** One for all that say the same: thousands of addresses have one owner, and seldom changed it. */
function shared(record: RecordView): RecordView {
  return records.get(JSON.stringify(record), () => Object.freeze(record));
}

type Owner = Pick<RecordView, 'node' | 'term'>;

/** What the keeper of the records works with. */
export interface OwnershipRecordsDeps {
  /** All Leases of addresses, as the API shows them. */
  readonly leases: Cache<RecordView>;
  /** The Lease of that name. */
  readonly lockFor: (leaseName: string) => LeaseLock;
  readonly clock: ConstructorParameters<typeof WorkQueue>[0]['clock'];
  readonly random: () => number;
  readonly log: NonNullable<ConstructorParameters<typeof WorkQueue>[0]['log']>;
  /** The API names the owner of an address that was asked about. */
  readonly onRecord: (address: string, record: Owner) => void;
  /** The holder of a Lease renewed it: a speaker under the strategy `lease`, in the middle of a roll-out. */
  readonly onRenewal: (nodeName: string) => void;
}

/** Who and where. */
export interface OwnershipRecordsOptions {
  readonly nodeName: string;
  readonly namespace: string;
}

/** After a write that came too late: whose came first decides who answers. */
const CONFLICT_PAUSE_MS = 5;
/** The API server refuses a Lease without a duration. Nobody renews this one, so it means nothing. */
const DURATION_SECONDS = 15;

/**
 * Keeps in the API who owns an address, for speakers that cannot hear each other: one Lease for each, of the same name as under the strategy
 * `lease`. The owner writes it when it changes, and never else; `renewTime` stays as it is.
 *
 * Writes compare and swap. While the API is away they wait, the newest wish for each address alone, and a record with a term that is not lower is
 * left as it is. So is one that this node was not told of when it wished to write: it is told, the wish is void, and it may wish again. Of two that
 * claim at once under different terms, one is recorded, and the other knows of it first. A Lease stays when its address is given up: it names the last owner and keeps the terms growing, and there are no more of them than
 * addresses in the pools.
 */
export class OwnershipRecords {
  readonly #deps: OwnershipRecordsDeps;
  readonly #options: OwnershipRecordsOptions;
  readonly #queue: WorkQueue;
  /** What is wished and not written yet, by address. */
  readonly #terms = new Map<string, number>();
  /** The addresses that matter here, and which owner was told last of each. */
  readonly #told = new Map<string, Owner | undefined>();

  constructor(deps: OwnershipRecordsDeps, options: OwnershipRecordsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#queue = new WorkQueue(deps, {
      name: 'records',
      concurrency: 4,
      backoffBaseMs: 200,
      backoffMaxMs: 15_000,
    });
  }

  /** Tells what the API knows of the address, now and at each change from now on. */
  follow(address: string): void {
    this.#told.set(address, this.#told.get(address));
    this.#tell(leaseNameFor(address), address);
  }

  /** This node owns the address under this term. `afterMs`: so long that may wait. */
  write(address: string, term: number, afterMs: number = 0): void {
    this.#terms.set(address, term);
    this.#queue.addAfter(address, afterMs);
  }

  /** This node owns it no more: what is not written yet need not be. */
  withdraw(address: string): void {
    this.#terms.delete(address);
  }

  /** Reads and writes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    using _subscription = this.#deps.leases.subscribe((key, now, before) => {
      const isRenewed = before !== undefined && now?.renewTime !== before.renewTime;
      if (isRenewed && now !== undefined && now.node !== '') this.#deps.onRenewal(now.node);
      // A node that starts reads thousands before any matters to it.
      if (this.#told.size === 0) return;
      const name = nameIn(key);
      const address = addressOfLease(name);
      if (address !== undefined && this.#told.has(address)) this.#tell(name, address);
    });
    await this.#queue.run(async (address) => await this.#store(address, signal), signal);
  }

  #tell(name: string, address: string): void {
    const record = this.#shown(name);
    if (record !== undefined && record.node !== '') this.#tellOf(address, record);
  }

  #tellOf(address: string, owner: Owner): void {
    const isNewOther = owner.node !== this.#options.nodeName && !this.#isTold(address, owner);
    // What was wished before does not reckon with it.
    if (isNewOther) this.#terms.delete(address);
    this.#told.set(address, owner);
    this.#deps.onRecord(address, owner);
  }

  #isTold(address: string, owner: Owner): boolean {
    const told = this.#told.get(address);
    return told !== undefined && isSame(told, owner);
  }

  #shown(name: string): RecordView | undefined {
    return this.#deps.leases.get(`${this.#options.namespace}/${name}`);
  }

  async #store(address: string, signal: AbortSignal): Promise<void> {
    const term = this.#terms.get(address);
    if (term === undefined) return;
    const { nodeName } = this.#options;
    const lock = this.#deps.lockFor(leaseNameFor(address));
    const found = await lock.get(signal);
    if (found !== undefined) {
      const owner = {
        node: nodeOf(found.record.holderIdentity),
        term: found.record.leaseTransitions,
      };
      const isKnown = owner.node === nodeName || this.#isTold(address, owner);
      // Of two who claim under one term, the first to write has it.
      if (owner.node !== '' && (owner.term >= term || !isKnown)) {
        this.#settle(address, term, owner);
        return;
      }
    }
    const record: LeaseRecord = {
      ...(found?.record ?? {
        leaseDurationSeconds: DURATION_SECONDS,
        acquireTime: '',
        renewTime: '',
      }),
      holderIdentity: nodeName,
      leaseTransitions: term,
    };
    const written =
      found === undefined
        ? await lock.create(record, signal)
        : await lock.update(record, found.version, signal);
    // Somebody else wrote meanwhile: look again.
    if (written === 'conflict') this.#queue.addAfter(address, CONFLICT_PAUSE_MS);
    else this.#settle(address, term, { node: nodeName, term });
  }

  /** The wish is granted, or void. */
  #settle(address: string, term: number, owner: Owner): void {
    if (this.#terms.get(address) === term) this.#terms.delete(address);
    // The API's own where it shows the same: there may be thousands.
    const shown = this.#shown(leaseNameFor(address));
    this.#tellOf(address, shown !== undefined && isSame(shown, owner) ? shown : owner);
  }
}

/** Under the strategy `lease` a holder is called `<node>_<uuid>`; names of nodes have no underscore. */
function nodeOf(holderIdentity: string): string {
  return holderIdentity.split('_')[0] ?? '';
}

function isSame(one: Owner, other: Owner): boolean {
  return one.node === other.node && one.term === other.term;
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
