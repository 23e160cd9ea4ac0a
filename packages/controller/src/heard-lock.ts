import type { LeaseLock, LeaseRecord, VersionedLeaseRecord } from '@picluster/leader-election';

/**
 * A lock that remembers when the API server last answered about it: a controller that stands by mirrors nothing, and would else not know that it is cut
 * off. It can be asked whether it is stale as a reflector can.
 */
export class HeardLock implements LeaseLock {
  readonly #lock: LeaseLock;
  readonly #nowMs: () => number;
  #heardMs: number | undefined;

  constructor(lock: LeaseLock, clock: { nowMs(): number }) {
    this.#lock = lock;
    this.#nowMs = () => clock.nowMs();
  }

  get description(): string {
    return this.#lock.description;
  }

  /** The API server has answered once. */
  get synced(): boolean {
    return this.#heardMs !== undefined;
  }

  /** How long ago the last answer came, in ms; `Infinity` before the first. */
  staleMs(): number {
    return this.#heardMs === undefined ? Infinity : this.#nowMs() - this.#heardMs;
  }

  async get(signal: AbortSignal): Promise<VersionedLeaseRecord | undefined> {
    return this.#heard(await this.#lock.get(signal));
  }

  async create(record: LeaseRecord, signal: AbortSignal): ReturnType<LeaseLock['create']> {
    return this.#heard(await this.#lock.create(record, signal));
  }

  async update(
    record: LeaseRecord,
    version: string,
    signal: AbortSignal,
  ): ReturnType<LeaseLock['update']> {
    return this.#heard(await this.#lock.update(record, version, signal));
  }

  #heard<T>(answer: T): T {
    this.#heardMs = this.#nowMs();
    return answer;
  }
}
