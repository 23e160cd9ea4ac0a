import { randomUUID } from 'node:crypto';
import { leaseTimings, runDaemon, type DaemonContext, type LeaseTimings } from '@picluster/daemon';
import {
  connect,
  EventRecorder,
  KubeLeaseLock,
  staleReflector,
  systemClock as clock,
  systemRandom as random,
  WorkQueue,
  type KubeClient,
} from '@picluster/kube';
import { openLinkSocket, readInterface } from '@picluster/packet-socket';
import { Announcer } from './announcer.ts';
import { createCaches } from './caches.ts';
import { speakerFlags } from './flags.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { LeaseOwnership } from './lease-ownership.ts';
import type { OwnershipListener } from './ownership.ts';
import { systemInterfaces } from './seams/system-interfaces.ts';
import { createSpeakerMetrics } from './speaker-metrics.ts';
import { Speaker, type SpeakerDeps } from './speaker.ts';

/** For giving up all leases and writing the last events. By then nothing is answered any more, and a Pod gets 30 s. */
const STOP_LIMIT_MS = 5000;

type Context = DaemonContext<typeof speakerFlags>;

async function main(context: Context): Promise<void> {
  const { flags, log, health, signal } = context;
  const node = flags['node-name'];
  const timings = leaseTimings(flags);
  const client = connect({
    kubeconfig: flags.kubeconfig,
    userAgent: `picluster-speaker (${node})`,
  });
  const caches = createCaches({ client, clock, random, log }, flags.namespace);
  const metrics = createSpeakerMetrics(context.metrics, node);
  const queue = new WorkQueue({ clock, random, log }, { name: 'services' });
  const events = new EventRecorder(
    { client, clock, log },
    { component: 'metallb-speaker', instance: node },
  );
  const announcer = new Announcer({
    openLink: (interfaceName) => openLinkSocket({ interfaceName }, { log }),
    clock,
    log,
    metrics: metrics.responder,
    onReady: () => speaker.reconsider(),
  });
  const interfaces = new InterfaceWatch(
    { reader: systemInterfaces(readInterface), clock, log },
    () => speaker.onInterfaces(),
  );
  const speaker = new Speaker(
    {
      ...caches,
      interfaces: () => interfaces.interfaces,
      announcer,
      ownership: (listener) => leaseOwnership(context, client, timings, listener),
      enqueue: (service) => queue.add(service),
      event: writeOn(events),
      announced: (service, address, now) => metrics.announced(service, address, now),
      log,
    },
    { node, loadBalancerClass: flags['lb-class'] },
  );
  health.ready('caches', () => staleReflector(Object.entries(caches)));
  health.ready('sockets', () => announcer.problem());

  const watching = speaker.watch();
  const mirrors = Object.values(caches).map((cache) => cache.run(signal));
  try {
    await Promise.all(Object.values(caches).map((cache) => cache.whenSynced(signal)));
    log.info('caches synced', { node, services: caches.services.size });
    if (caches.nodes.get(node) === undefined) log.warn('no Node of this name', { node });
    interfaces.start();
    await queue.run(async (service) => speaker.reconcile(service), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    interfaces.stop();
    watching[Symbol.dispose]();
    await stopInTime(speaker, events);
    announcer.close();
    await client.close();
  }
  await Promise.allSettled(mirrors);
}

function leaseOwnership(
  { flags, log }: Context,
  client: KubeClient,
  timings: LeaseTimings,
  listener: OwnershipListener,
): LeaseOwnership {
  const lockFor = (name: string): KubeLeaseLock =>
    new KubeLeaseLock(
      { client },
      {
        namespace: flags.namespace,
        name,
        labels: { 'app.kubernetes.io/managed-by': 'picluster' },
        requestTimeoutMs: timings.renewDeadlineMs / 2,
      },
    );
  const identity = `${flags['node-name']}_${randomUUID()}`;
  return new LeaseOwnership({ lockFor, clock, random, log, listener }, { identity, ...timings });
}

function writeOn(events: EventRecorder): SpeakerDeps['event'] {
  return ({ namespace, name, uid }, type, reason, message) =>
    events.record(
      { apiVersion: 'v1', kind: 'Service', namespace, name, uid },
      type,
      reason,
      message,
    );
}

async function stopInTime(speaker: Speaker, events: EventRecorder): Promise<void> {
  const limit = new AbortController();
  const tooLate = Promise.withResolvers<void>();
  using _timer = clock.timer(STOP_LIMIT_MS, () => {
    limit.abort(new Error('no time left'));
    tooLate.resolve();
  });
  await Promise.race([speaker.stop(), tooLate.promise]);
  await events.flush(limit.signal);
  events[Symbol.dispose]();
}

process.exit(
  await runDaemon(
    {
      name: 'speaker',
      about:
        'Answers ARP and NDP on this node for the addresses of Services of type LoadBalancer, where this node is the one that should.',
      flags: speakerFlags,
      main,
    },
    process,
  ),
);
