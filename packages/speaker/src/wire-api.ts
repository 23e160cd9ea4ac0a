import { L2_KEY_SECRET } from '@picluster/daemon';
import {
  Reflector,
  resourcePath,
  type Clock,
  type KubeClient,
  type Logger,
  type Random,
} from '@picluster/kube';
import type { L2Election } from '@picluster/l2-election';
import type { LeaseLock } from '@picluster/leader-election';
import {
  ApiWitness,
  viewRenewal,
  viewSpeakerPod,
  type ApiWitnessDeps,
  type SpeakerPodView,
} from './api-witness.ts';
import { readClusterId } from './cluster-id.ts';
import { L2KeyKeeper, viewKeys, type KeysView } from './l2-keys.ts';
import { leasesOfAddresses } from './lease-strategy.ts';
import type { Turns } from './turns.ts';
import { OwnershipRecords, type RecordView } from './ownership-records.ts';

/** Where kubelets renew the Leases of their nodes. */
const RENEWALS_NAMESPACE = 'kube-node-lease';
/** The labels of our speakers' Pods. */
const SPEAKER_PODS = 'app.kubernetes.io/name=picluster,app.kubernetes.io/component=speaker';

/** What is needed of the world. */
export interface WireApiDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** For what is not worth waking for. */
  readonly turns: Turns;
  readonly random: Random;
  readonly log: Logger;
  /** The lock for the Lease of that name. */
  readonly lockFor: (leaseName: string) => LeaseLock;
  /** The election that the API is a witness for; `undefined`: there is none now. */
  readonly election: () => L2Election | undefined;
  readonly idOf: ApiWitnessDeps['idOf'];
  readonly unheard: NonNullable<ApiWitnessDeps['unheard']>;
}

/** Who and where. */
export interface WireApiOptions {
  readonly nodeName: string;
  /** Of the Leases, the Secret and the Pods. */
  readonly namespace: string;
}

/** What of the API the strategy `wire` uses: the key, the records of owners, and which speakers live. */
export class WireApi {
  readonly keys: L2KeyKeeper;
  readonly records: OwnershipRecords;
  readonly #deps: WireApiDeps;
  readonly #secrets: Reflector<KeysView>;
  readonly #leases: Reflector<RecordView>;
  readonly #renewals: Reflector<string>;
  readonly #pods: Reflector<SpeakerPodView>;
  readonly #witness: ApiWitness;
  #clusterId = '';

  constructor(deps: WireApiDeps, options: WireApiOptions) {
    const { turns, election, idOf, unheard } = deps;
    const { namespace } = options;
    this.#deps = deps;
    this.#secrets = new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'secrets', namespace }),
      fieldSelector: `metadata.name=${L2_KEY_SECRET}`,
      project: viewKeys,
    });
    this.#leases = leasesOfAddresses(deps, namespace);
    this.#renewals = new Reflector(deps, {
      path: resourcePath({
        group: 'coordination.k8s.io',
        version: 'v1',
        plural: 'leases',
        namespace: RENEWALS_NAMESPACE,
      }),
      project: viewRenewal,
    });
    this.#pods = new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'pods', namespace }),
      labelSelector: SPEAKER_PODS,
      project: viewSpeakerPod,
    });
    this.keys = new L2KeyKeeper({ ...deps, secrets: this.#secrets }, namespace);
    this.records = new OwnershipRecords(
      {
        ...deps,
        leases: this.#leases,
        onRecord: (address, { term, node }) => election()?.recordSeen(address, term, node),
        onRenewal: (node) => election()?.nodeSeen(node),
      },
      options,
    );
    this.#witness = new ApiWitness({
      renewals: this.#renewals,
      pods: this.#pods,
      api: this.#leases,
      clock: turns,
      election,
      idOf,
      unheard,
    });
  }

  /** The mirrors that nothing can begin without, by name. */
  get caches(): readonly (readonly [string, Pick<Reflector<unknown>, 'synced' | 'staleMs'>])[] {
    return [
      ['key', this.#secrets],
      ['leases', this.#leases],
    ];
  }

  /** A name that only this cluster has. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /** Resolves when elections can begin; rejects with the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    this.#clusterId = await readClusterId(this.#deps, signal);
    await this.#leases.whenSynced(signal);
    await this.keys.whenKnown(signal);
  }

  /** Follows the API until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const keys = async (): Promise<void> => {
      await this.#secrets.whenSynced(signal);
      await this.keys.run(signal);
    };
    await Promise.allSettled([
      ...[this.#secrets, this.#leases, this.#renewals, this.#pods].map((one) => one.run(signal)),
      this.records.run(signal),
      this.#witness.run(signal),
      keys(),
    ]);
  }
}
