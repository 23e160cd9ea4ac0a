import { randomUUID } from 'node:crypto';
import type { LeaseTimings } from '@picluster/daemon';
import {
  KubeLeaseLock,
  Reflector,
  resourcePath,
  type Clock,
  type KubeClient,
  type Logger,
  type Random,
} from '@picluster/kube';
import type { LeaseLock } from '@picluster/leader-election';
import { LeaseOwnership } from './lease-ownership.ts';
import type { NodeMachines } from './node-machines.ts';
import type { OwnershipListener } from './ownership.ts';
import { viewRecord, type RecordView } from './ownership-records.ts';

const LABELS = { 'app.kubernetes.io/managed-by': 'picluster' } as const;

/** Makes the locks for the Leases of addresses. */
export function leaseLocks(
  client: KubeClient,
  namespace: string,
  timings: LeaseTimings,
): (leaseName: string) => LeaseLock {
  const requestTimeoutMs = timings.renewDeadlineMs / 2;
  return (name) =>
    new KubeLeaseLock({ client }, { namespace, name, labels: LABELS, requestTimeoutMs });
}

/** The Leases of addresses, as the API shows them. */
export function leasesOfAddresses(
  deps: ConstructorParameters<typeof Reflector>[0],
  namespace: string,
): Reflector<RecordView> {
  return new Reflector(deps, {
    path: resourcePath({
      group: 'coordination.k8s.io',
      version: 'v1',
      plural: 'leases',
      namespace,
    }),
    labelSelector: Object.entries(LABELS)
      .map(([key, value]) => `${key}=${value}`)
      .join(),
    project: viewRecord,
  });
}

/** What the strategy is made of. */
export interface LeaseStrategyDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly lockFor: (leaseName: string) => LeaseLock;
  /** Looks which machines are nodes: no heartbeat tells. */
  readonly machines: Pick<NodeMachines, 'run'>;
}

/** Who and where. */
export interface LeaseStrategyOptions {
  readonly nodeName: string;
  readonly namespace: string;
  readonly timings: LeaseTimings;
}

/** The strategy `lease` on this machine. It watches the Leases only to notice early that one was given up. */
export class LeaseStrategy {
  readonly #deps: LeaseStrategyDeps;
  readonly #options: LeaseStrategyOptions;
  readonly #leases: Reflector<RecordView>;

  constructor(deps: LeaseStrategyDeps, options: LeaseStrategyOptions) {
    const { client, clock, random, log } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#leases = leasesOfAddresses({ client, clock, random, log }, options.namespace);
  }

  /** Makes the strategy. */
  ownership(listener: OwnershipListener): LeaseOwnership {
    const { lockFor, clock, random, log } = this.#deps;
    const { nodeName, namespace, timings } = this.#options;
    const ownership = new LeaseOwnership(
      {
        lockFor,
        clock,
        random,
        log,
        listener,
        holderOf: (leaseName) => this.#leases.get(`${namespace}/${leaseName}`)?.node,
      },
      { nodeName, identity: `${nodeName}_${randomUUID()}`, ...timings },
    );
    this.#leases.subscribe((key, now, before) => {
      const leaseName = key.slice(key.lastIndexOf('/') + 1);
      const isGivenUp = now?.node === '' && before !== undefined && before.node !== '';
      if (isGivenUp) ownership.onFree(leaseName);
      if (now?.node !== before?.node) ownership.onHolder(leaseName);
    });
    return ownership;
  }

  /** Follows the API, and the hardware addresses of the nodes, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#leases.run(signal), this.#deps.machines.run(signal)]);
  }
}
