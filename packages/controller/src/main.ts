import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  L2_KEY_SECRET,
  l2KeySecret,
  leaseTimings,
  LifeSocket,
  runDaemon,
  showApiSilence,
  type DaemonContext,
} from '@picluster/daemon';
import {
  connect,
  createIfAbsent,
  EventRecorder,
  KubeLeaseLock,
  resourcePath,
  staleReflector,
  systemClock as clock,
  systemRandom as random,
  type KubeClient,
} from '@picluster/kube';
import { releaseMemory } from '@picluster/packet-socket';
import { LeaderElector } from '@picluster/leader-election';
import type { Caches } from './caches.ts';
import { createControllerMetrics } from './controller-metrics.ts';
import { controllerFlags } from './flags.ts';
import { HeardLock } from './heard-lock.ts';
import { lead } from './lead.ts';

const LEASE_NAME = 'picluster-controller';
/** For the last events, after the Lease is given up. */
const STOP_LIMIT_MS = 3000;

type Context = DaemonContext<typeof controllerFlags>;

async function main(context: Context): Promise<void> {
  const { flags, log, metrics, health, userAgent, signal } = context;
  const timings = leaseTimings(flags);
  const identity = `${hostname()}_${randomUUID()}`;
  const stateDir = flags['state-dir'];
  // Never closed: the kernel does it when all of the process is gone, which is what the next one wants to know.
  const life = stateDir === undefined ? undefined : await LifeSocket.open(stateDir, identity);
  const client = connect({ kubeconfig: flags.kubeconfig, userAgent });
  context.askAccessThrough(client);
  const lock = new HeardLock(
    new KubeLeaseLock(
      { client },
      {
        namespace: flags.namespace,
        name: LEASE_NAME,
        labels: { 'app.kubernetes.io/managed-by': 'picluster' },
        requestTimeoutMs: timings.renewDeadlineMs / 2,
      },
    ),
    clock,
  );
  const leading = metrics.gauge('leader_election_master_status', '1 while this process leads.', [
    'name',
  ]);
  const lockErrors = metrics.counter(
    'picluster_leader_election_request_errors_total',
    'Requests for the Lease that failed.',
    ['request'],
  );
  const elector = new LeaderElector(
    {
      lock,
      clock,
      random,
      log,
      metrics: {
        masterStatus: (now) => leading.set(now ? 1 : 0, { name: LEASE_NAME }),
        requestFailed: (request) => lockErrors.inc({ request }),
      },
      ...(life === undefined ? {} : { knownDead: (record) => life.knownDead(record) }),
    },
    { identity, ...timings },
  );
  const events = new EventRecorder({ client, clock, log }, { component: 'metallb-controller' });
  const controllerMetrics = createControllerMetrics(metrics);
  let caches: Caches | undefined;
  const heard = (): Parameters<typeof staleReflector>[0] => [
    ['lease', lock],
    ...Object.entries(caches ?? {}),
  ];
  health.ready('api', () => staleReflector(heard()));
  // Until then it may be this one, which has read nothing yet; after that it either leads or stands by.
  health.ready('election', () =>
    (elector.observedHolder ?? '') === '' ? 'no controller leads yet' : undefined,
  );
  showApiSilence(metrics, () => Array.from(heard(), ([, each]) => each));
  const deps = {
    client,
    clock,
    random,
    log,
    events,
    metrics: controllerMetrics,
    onCaches: (now: Caches | undefined) => void (caches = now),
  };
  const options = {
    namespace: flags.namespace,
    loadBalancerClass: flags['lb-class'],
    addressHoldMs: flags['address-hold'],
  };
  try {
    await Promise.all([
      makeL2Key(client, flags.namespace, log, signal),
      elector.run((term) => lead(term, deps, options), signal),
    ]);
  } finally {
    const limit = new AbortController();
    using _timer = clock.timer(STOP_LIMIT_MS, () => limit.abort(new Error('no time left')));
    await events.flush(limit.signal);
    events[Symbol.dispose]();
    await client.close();
  }
}

/** The speakers' key. They make it themselves where the controller cannot. */
async function makeL2Key(
  client: KubeClient,
  namespace: string,
  log: Context['log'],
  signal: AbortSignal,
): Promise<void> {
  const path = resourcePath({ version: 'v1', plural: 'secrets', namespace });
  try {
    const made = await createIfAbsent(client, path, l2KeySecret(namespace), signal);
    if (made)
      log.info('key of the heartbeats created', { secret: `${namespace}/${L2_KEY_SECRET}` });
  } catch (error) {
    log.warn('key of the heartbeats not created', { error });
  }
}

process.exit(
  await runDaemon(
    {
      name: 'controller',
      about:
        'Gives Services of type LoadBalancer their addresses from IPAddressPools. Several can run; one works, the others stand by.',
      flags: controllerFlags,
      frugal: true,
      releaseMemory,
      main,
    },
    process,
  ),
);
