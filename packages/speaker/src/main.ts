import { runDaemon, type DaemonContext } from '@picluster/daemon';
import { connect, staleReflector, systemClock as clock, type KubeClient } from '@picluster/kube';
import { speakerFlags } from './flags.ts';
import { hmac } from './hmac.ts';
import { ProcessLock } from './process-lock.ts';
import { rehearse } from './rehearsal.ts';
import { raisePriority } from './seams/process-priority.ts';
import { createSpeakerParts, type SpeakerParts } from './speaker-parts.ts';

/** For handing over, giving up all Leases and writing the last events. By then nothing is answered any more, and a Pod gets 30 s. */
const STOP_LIMIT_MS = 5000;

type Context = DaemonContext<typeof speakerFlags>;

async function main(context: Context): Promise<void> {
  const { flags, log, signal } = context;
  if (raisePriority()) log.debug('priority raised');
  // Two on one node would speak under one name. Under the strategy `lease` each has its own.
  await using _lock =
    flags['l2-strategy'] === 'wire'
      ? await ProcessLock.take(`picluster-speaker-${flags.namespace}`, { clock, log }, signal)
      : undefined;
  const client = connect({
    kubeconfig: flags.kubeconfig,
    userAgent: `${context.userAgent} (${flags['node-name']})`,
  });
  context.askAccessThrough(client);
  try {
    await run(context, client);
  } finally {
    await client.close();
  }
}

async function run(context: Context, client: KubeClient): Promise<void> {
  const { flags, log, health } = context;
  const ending = new AbortController();
  const { signal } = ending;
  const node = flags['node-name'];
  const parts = createSpeakerParts(context, client);
  const { caches, queue, status, announcer, interfaces, wire, lease, speaker } = parts;
  const mirrored = [...Object.entries(caches), ...(wire?.api.caches ?? [])];
  health.ready('caches', () => staleReflector(mirrored));
  health.ready('key', () => wire?.api.keys.problem());
  health.ready('sockets', () => announcer.problem());
  // A roll-out stops the next speaker when this one is ready: then it must be able to take over.
  let begun = false;
  health.ready('election', () => (begun ? wire?.problem() : 'not begun yet'));

  rehearse(hmac);
  const onStop = (): void => {
    // Others wait for our last frame: everything else hears of the end when it has left.
    void speaker.stop();
    ending.abort(context.signal.reason);
  };
  if (context.signal.aborted) onStop();
  else context.signal.addEventListener('abort', onStop, { once: true });
  const watching = speaker.watch();
  const following = [
    ...Object.values(caches).map((cache) => cache.run(signal)),
    ...(wire ? [wire.api.run(signal)] : []),
    ...(lease ? [lease.run(signal)] : []),
    status.run(signal),
  ];
  try {
    await Promise.all(Object.values(caches).map((cache) => cache.whenSynced(signal)));
    log.info('caches synced', { node, services: caches.services.size });
    if (caches.nodes.get(node) === undefined) log.warn('no Node of this name', { node });
    await wire?.api.ready(signal);
    interfaces.start();
    for (const service of caches.services.keys()) speaker.reconcile(service);
    begun = true;
    await queue.run(async (service) => speaker.reconcile(service), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    interfaces.stop();
    watching[Symbol.dispose]();
    await stopInTime(parts, following, log);
  }
}

/** Hands over first, as others wait for that; then lets go of the sockets, and then tells the API. */
async function stopInTime(
  { speaker, announcer, events, status }: SpeakerParts,
  following: readonly Promise<void>[],
  log: Context['log'],
): Promise<void> {
  const limit = new AbortController();
  const tooLate = Promise.withResolvers<void>();
  using _timer = clock.timer(STOP_LIMIT_MS, () => {
    limit.abort(new Error('no time left'));
    tooLate.resolve();
  });
  await Promise.race([speaker.stop(), tooLate.promise]);
  announcer.close();
  await Promise.race([Promise.allSettled(following), tooLate.promise]);
  await status
    .clear(limit.signal)
    .catch((error: unknown) => log.warn('statuses not removed', { error }));
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
