import {
  apiVersionOf,
  ConfigurationStateResource,
  IPAddressPoolResource,
  viewConfigurationState,
  type ConfigurationStateView,
  type IPAddressPoolStatus,
} from '@picluster/api';
import {
  patchStatus,
  Reflector,
  resourcePath,
  WorkQueue,
  type Clock,
  type EventRecorder,
  type KubeClient,
  type Logger,
  type Random,
} from '@picluster/kube';
import type { Term } from '@picluster/leader-election';
import { createCaches, type Caches } from './caches.ts';
import { communityMirror, communityProblems } from './communities.ts';
import { STATE_NAME, StateWriter } from './configuration-state.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import { Controller } from './controller.ts';
import type { Events, Writer } from './controller-deps.ts';
import { viewService } from './service-view.ts';

/** How many Services may be written at once. Decisions are taken one by one all the same. */
const WRITES_AT_ONCE = 8;
/** Changes of a pool's use within this time make one write of its status. */
const POOL_STATUS_DELAY_MS = 500;

/**
 * Nothing is decided so soon after a term began. A write that the last leader sent as it died may still be on its way through the API server: it must
 * be in the mirrors before its address counts as free. The mirrors fill meanwhile.
 */
const SETTLE_MS = 300;

/** What leading runs on. */
export interface LeadDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly metrics: ControllerMetrics;
  /** Told of the mirrors of this term, and of their end. */
  readonly onCaches: (caches: Caches | undefined) => void;
}

/** What leading is told. */
export interface LeadOptions {
  /** Where the pools are. */
  readonly namespace: string;
  readonly loadBalancerClass: string | undefined;
  /** How long the addresses of a deleted Service are kept for one of the same name; 0: not at all. */
  readonly addressHoldMs: number;
}

/**
 * Does the controller's work for one term; resolves when the term is over.
 *
 * The mirrors are made anew for each term: what the last leader wrote until it stopped must be in them before anything is given away, and a list
 * that is asked for now has it, while a mirror that was kept may lag behind.
 */
export async function lead(term: Term, deps: LeadDeps, options: LeadOptions): Promise<void> {
  const { client, clock, random, log, metrics } = deps;
  const { namespace, loadBalancerClass, addressHoldMs } = options;
  const { signal } = term;
  const caches = createCaches({ client, clock, random, log }, namespace);
  const queue = new WorkQueue(
    { clock, random, log },
    { name: 'services', concurrency: WRITES_AT_ONCE },
  );
  const poolQueue = new WorkQueue({ clock, random, log }, { name: 'pools' });
  // Not among the caches: addresses are given also where the kind is not installed.
  const states = stateMirror(deps, namespace);
  const communities = communityMirror({ client, clock, random, log }, namespace);
  const stateQueue = new WorkQueue({ clock, random, log }, { name: 'configuration state' });
  const state = new StateWriter(
    {
      client,
      clock,
      current: () => states.get(`${namespace}/${STATE_NAME}`),
      entitled: () => term.valid(),
    },
    namespace,
  );
  using _stateChanges = states.subscribe(() => stateQueue.add(STATE_NAME));
  using _communityChanges = communities.subscribe(() => {
    state.communities = communityProblems(communities.values());
    stateQueue.add(STATE_NAME);
  });
  using controller = new Controller(
    {
      ...caches,
      enqueue: (service) => queue.add(service),
      enqueuePool: (pool) => poolQueue.addAfter(pool, POOL_STATUS_DELAY_MS),
      onProblems: (problems) => {
        state.pools = problems;
        stateQueue.add(STATE_NAME);
      },
      clock,
      write: writerOn(client, namespace, () => term.valid()),
      events: eventsOn(deps.events, namespace),
      entitled: () => term.valid(),
      metrics,
      log,
    },
    { loadBalancerClass, addressHoldMs },
  );
  deps.onCaches(caches);
  const mirrors = [...Object.values(caches), states, communities].map((mirror) =>
    mirror.run(signal),
  );
  try {
    await Promise.all([
      ...Object.values(caches).map((cache) => cache.whenSynced(signal)),
      clock.sleep(SETTLE_MS, signal),
    ]);
    controller.start();
    await Promise.all([
      queue.run((key, ended) => controller.reconcile(key, ended), signal),
      poolQueue.run((pool, ended) => controller.reconcilePool(pool, ended), signal),
      states
        .whenSynced(signal)
        .then(() => stateQueue.run((_name, ended) => state.reconcile(ended), signal)),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    deps.onCaches(undefined);
    await Promise.allSettled(mirrors);
  }
}

function stateMirror(
  { client, clock, random, log }: LeadDeps,
  namespace: string,
): Reflector<ConfigurationStateView> {
  const { group, version, plural } = ConfigurationStateResource;
  return new Reflector(
    { client, clock, random, log },
    {
      path: resourcePath({ group, version, plural, namespace }),
      fieldSelector: `metadata.name=${STATE_NAME}`,
      project: viewConfigurationState,
    },
  );
}

/** Writes only while `entitled`: asked once more in the turn in which the bytes leave, for a process may be frozen on the way there. */
function writerOn(client: KubeClient, namespace: string, entitled: () => boolean): Writer {
  const { group, version, plural } = IPAddressPoolResource;
  return {
    service: async (service, patch, signal) => {
      const { namespace: place, name } = service;
      const path = resourcePath({ version: 'v1', plural: 'services', namespace: place, name });
      return viewService(await patchStatus(client, path, patch, signal, entitled));
    },
    pool: async (pool, status: IPAddressPoolStatus, signal) => {
      const path = resourcePath({ group, version, plural, namespace, name: pool.name });
      const patch = { resourceVersion: pool.resourceVersion, status };
      await patchStatus(client, path, patch, signal, entitled);
    },
  };
}

function eventsOn(events: EventRecorder, poolNamespace: string): Events {
  return {
    service: ({ namespace, name, uid }, type, reason, message) =>
      events.record(
        { apiVersion: 'v1', kind: 'Service', namespace, name, uid },
        type,
        reason,
        message,
      ),
    pool: ({ name, uid }, type, reason, message) => {
      const { kind } = IPAddressPoolResource;
      const apiVersion = apiVersionOf(IPAddressPoolResource);
      events.record(
        { apiVersion, kind, namespace: poolNamespace, name, uid },
        type,
        reason,
        message,
      );
    },
  };
}
