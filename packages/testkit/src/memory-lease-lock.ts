/** The record of `@picluster/leader-election`, by shape. */
interface LeaseRecord {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** One call on a {@link MemoryLeaseLock}. */
export interface LeaseCall {
  readonly kind: 'get' | 'create' | 'update';
  /** The record to be written, for `create` and `update`. */
  readonly record?: LeaseRecord;
}

/**
 * What becomes of one call: it takes `requestMs` to the store, is carried out there or not, and its answer takes `answerMs` back.
 *
 * `refused`: an error, nothing written. `lost`: carried out, but the answer is an error. `silent`: carried out, and no answer ever comes.
 * `stuck`: never carried out and never answered, as on a cut network. A call that was given up may still be carried out, as with a real
 * API server.
 */
export interface LeaseFate {
  readonly requestMs?: number;
  readonly answerMs?: number;
  readonly outcome?: 'done' | 'refused' | 'lost' | 'silent' | 'stuck';
}

interface Sleeper {
  timer(ms: number, fire: () => void): Disposable;
}

/** The store behind the locks of several electors: one record, a version, and the history of all that was ever written. */
export class MemoryLeaseStore {
  record: LeaseRecord | undefined;
  readonly history: LeaseRecord[] = [];
  #version = 0;

  get version(): string {
    return String(this.#version);
  }

  /** Writes without asking, as somebody with kubectl would; `undefined` deletes. */
  put(record: LeaseRecord | undefined): void {
    this.record = record;
    this.#version++;
    if (record !== undefined) this.history.push(record);
  }

  get(): { record: LeaseRecord; version: string } | undefined {
    return this.record === undefined ? undefined : { record: this.record, version: this.version };
  }

  create(record: LeaseRecord): { version: string } | 'conflict' {
    if (this.record !== undefined) return 'conflict';
    this.put(record);
    return { version: this.version };
  }

  update(record: LeaseRecord, version: string): { version: string } | 'conflict' {
    if (this.record === undefined || version !== this.version) return 'conflict';
    this.put(record);
    return { version: this.version };
  }
}

/**
 * A lock in memory, of the shape of `LeaseLock`, that does to each call what the test says.
 *
 * Give each elector its own, over one {@link MemoryLeaseStore}: then each can be cut off alone.
 */
export class MemoryLeaseLock {
  readonly description = 'memory/lease';
  /** Decides what becomes of the next call; may be replaced at any time. */
  fate: (call: LeaseCall) => LeaseFate = () => ({});
  /** Every call made so far. */
  readonly calls: LeaseCall[] = [];
  readonly #store: MemoryLeaseStore;
  readonly #clock: Sleeper;

  constructor(store: MemoryLeaseStore, clock: Sleeper) {
    this.#store = store;
    this.#clock = clock;
  }

  get(_signal?: AbortSignal): Promise<{ record: LeaseRecord; version: string } | undefined> {
    return this.#call({ kind: 'get' }, () => this.#store.get());
  }

  create(record: LeaseRecord, _signal?: AbortSignal): Promise<{ version: string } | 'conflict'> {
    return this.#call({ kind: 'create', record }, () => this.#store.create(record));
  }

  update(
    record: LeaseRecord,
    version: string,
    _signal?: AbortSignal,
  ): Promise<{ version: string } | 'conflict'> {
    return this.#call({ kind: 'update', record }, () => this.#store.update(record, version));
  }

  #call<Answer>(call: LeaseCall, carryOut: () => Answer): Promise<Answer> {
    this.calls.push(call);
    const { requestMs = 0, answerMs = 0, outcome = 'done' } = this.fate(call);
    return new Promise((resolve, reject) => {
      if (outcome === 'stuck') return;
      const arrive = (): void => {
        if (outcome === 'refused') {
          this.#after(answerMs, () => reject(new Error('the store refused')));
          return;
        }
        const answer = carryOut();
        if (outcome === 'silent') return;
        this.#after(answerMs, () => {
          if (outcome === 'lost') reject(new Error('the answer was lost'));
          else resolve(answer);
        });
      };
      this.#after(requestMs, arrive);
    });
  }

  #after(ms: number, then: () => void): void {
    if (ms <= 0) then();
    else this.#clock.timer(ms, then);
  }
}
