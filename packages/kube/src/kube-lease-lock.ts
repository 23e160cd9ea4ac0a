import type { LeaseLock, LeaseRecord, VersionedLeaseRecord } from '@picluster/leader-election';
import type { KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { resourcePath } from './resource-path.ts';

/** Which Lease is the lock. */
export interface KubeLeaseLockOptions {
  readonly namespace: string;
  readonly name: string;
  /** Set on creation and at each update. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Of one request. Keep it well under the elector's renew deadline, so that a dead connection costs one try and not the term.
   * Default 5 s, half of the elector's default deadline.
   */
  readonly requestTimeoutMs?: number;
}

interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: { readonly [Field in keyof LeaseRecord]?: LeaseRecord[Field] | null };
}

/**
 * A Lease of the API group `coordination.k8s.io/v1` as the lock of an elector, interoperable with client-go's.
 *
 * Reads are never served from a cache. Updates are merge patches that name the resourceVersion, so fields that we do not know stay. Needs
 * the verbs get, create and patch on leases.
 */
export class KubeLeaseLock implements LeaseLock {
  readonly description: string;
  readonly #client: Pick<KubeClient, 'request'>;
  readonly #collection: string;
  readonly #path: string;
  readonly #options: KubeLeaseLockOptions;
  readonly #timeoutMs: number;

  constructor(
    deps: { readonly client: Pick<KubeClient, 'request'> },
    options: KubeLeaseLockOptions,
  ) {
    const { namespace, name } = options;
    const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace };
    this.#client = deps.client;
    this.#options = options;
    this.#timeoutMs = options.requestTimeoutMs ?? 5000;
    this.#collection = resourcePath(leases);
    this.#path = resourcePath({ ...leases, name });
    this.description = `${namespace}/${name}`;
  }

  async get(signal: AbortSignal): Promise<VersionedLeaseRecord | undefined> {
    try {
      const lease = await this.#client.request<Lease>({
        method: 'GET',
        path: this.#path,
        signal,
        timeoutMs: this.#timeoutMs,
      });
      return { record: recordOf(lease), version: lease.metadata.resourceVersion };
    } catch (error) {
      if (error instanceof KubeError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async create(
    record: LeaseRecord,
    signal: AbortSignal,
  ): Promise<{ version: string } | 'conflict'> {
    const { namespace, name, labels } = this.#options;
    return await this.#write(['already-exists', 'conflict'], {
      method: 'POST',
      path: this.#collection,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace, name, ...(labels === undefined ? {} : { labels }) },
        spec: specOf(record),
      },
      signal,
    });
  }

  async update(
    record: LeaseRecord,
    version: string,
    signal: AbortSignal,
  ): Promise<{ version: string } | 'conflict'> {
    const { labels } = this.#options;
    return await this.#write(['conflict', 'not-found'], {
      method: 'PATCH',
      path: this.#path,
      body: {
        metadata: { resourceVersion: version, ...(labels === undefined ? {} : { labels }) },
        spec: specOf(record),
      },
      signal,
    });
  }

  async #write(
    conflicts: readonly KubeError['code'][],
    request: Parameters<KubeClient['request']>[0],
  ): Promise<{ version: string } | 'conflict'> {
    try {
      const lease = await this.#client.request<Lease>({ ...request, timeoutMs: this.#timeoutMs });
      return { version: lease.metadata.resourceVersion };
    } catch (error) {
      if (error instanceof KubeError && conflicts.includes(error.code)) return 'conflict';
      throw error;
    }
  }
}

/** Fields that nobody set read as empty: a Lease made by hand is a free one. */
function recordOf(lease: Lease): LeaseRecord {
  const spec = lease.spec ?? {};
  return {
    holderIdentity: spec.holderIdentity ?? '',
    leaseDurationSeconds: spec.leaseDurationSeconds ?? 0,
    acquireTime: spec.acquireTime ?? '',
    renewTime: spec.renewTime ?? '',
    leaseTransitions: spec.leaseTransitions ?? 0,
  };
}

/** The server refuses an empty text for a time; `null` leaves it out. */
function specOf(record: LeaseRecord): Record<string, unknown> {
  return {
    holderIdentity: record.holderIdentity,
    leaseDurationSeconds: record.leaseDurationSeconds,
    acquireTime: record.acquireTime === '' ? null : record.acquireTime,
    renewTime: record.renewTime === '' ? null : record.renewTime,
    leaseTransitions: record.leaseTransitions,
  };
}
