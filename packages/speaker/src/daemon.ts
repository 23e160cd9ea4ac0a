import { runDaemon, showApiSilence, type DaemonContext } from '@picluster/daemon';
import { connect, staleReflector, systemClock as clock, type KubeClient } from '@picluster/kube';
import { releaseMemory } from '@picluster/packet-socket';
import type { EarlyEars } from './early-ears.ts';
import { speakerFlags } from './flags.ts';
import { hmac } from './hmac.ts';
import { rehearse } from './rehearsal.ts';
import { raisePriority } from './seams/process-priority.ts';
import { createSpeakerParts, type SpeakerParts } from './speaker-parts.ts';

/** For handing over, giving up all Leases and writing the last events. By then nothing is answered any more, and a Pod gets 30 s. */
const STOP_LIMIT_MS = 5000;

/**
 * The first hand-over is rehearsed before this node takes part, while there is nothing to do but to listen; where there was so much to read that so long has passed, this much
 * later, when it has what falls to it.
 */
const REHEARSAL = { byMs: 400, laterMs: 5000 } as const;

type Context = DaemonContext<typeof speakerFlags>;

async function main(context: Context, ears: EarlyEars): Promise<void> {
  const { flags, log } = context;
  if (raisePriority()) log.debug('priority raised');
  const client = connect({
    kubeconfig: flags.kubeconfig,
    userAgent: `${context.userAgent} (${flags['node-name']})`,
  });
  context.askAccessThrough(client);
  try {
    await run(context, client, ears);
  } finally {
    await client.close();
  }
}

async function run(context: Context, client: KubeClient, ears: EarlyEars): Promise<void> {
  const { flags, log, health, metrics } = context;
  const startedMs = clock.nowMs();
  let isPrepared = false;
  using startup = context.startupServer(flags['startup-port'], () =>
    isPrepared ? undefined : 'not prepared yet',
  );
  const parts = createSpeakerParts(context, client, () => startup.yield());
  const { caches, queue, status, announcer, interfaces, wire, lease, speaker, bgp, state } = parts;
  ears.tellTo(log);
  using listening = wire?.hearBy(ears.ports);
  await using place = parts.place;
  const ending = new AbortController();
  const { signal } = ending;
  let isHandedOn = false;
  const onStop = async (): Promise<void> => {
    // First, so that the next speaker of this node finds routers that do not hear this one any more.
    bgp.stop();
    // Nothing is waited for where nobody waits for us: then others wait for our last frame, and everything else hears of the end when it has left.
    if (wire !== undefined && place?.isAwaited === true) {
      isHandedOn = await place.handOn(() => wire.release());
    }
    void speaker.stop();
    ending.abort(context.signal.reason);
  };
  context.signal.addEventListener('abort', () => void onStop(), { once: true });
  if (context.signal.aborted) void onStop();

  const mirrored = [...Object.entries(caches), ...(wire?.api.caches ?? [])];
  health.ready('caches', () => staleReflector(mirrored));
  showApiSilence(metrics, () => mirrored.map(([, each]) => each));
  health.ready('key', () => wire?.api.keys.problem());
  health.ready('bgp', () => bgp.problem());
  health.ready('sockets', () => announcer.problem());
  // A roll-out stops the next speaker when this one is ready: then it must be able to take over.
  let isBegun = false;
  health.ready('election', () => (isBegun ? wire?.problem() : 'not begun yet'));

  const watching = speaker.watch();
  const following = [
    ...Object.values(caches).map((cache) => cache.run(signal)),
    ...(wire ? [wire.api.run(signal)] : []),
    ...(lease ? [lease.run(signal)] : []),
    bgp.run(signal),
  ];
  try {
    void startup.listen();
    // Where another speaker has the place, it has the ports, too.
    const isFirst = (await place?.enter(signal)) ?? true;
    if (isFirst) await context.serve();
    await Promise.all([
      ...Object.values(caches).map((cache) => cache.whenSynced(signal)),
      ...(wire ? [wire.api.ready(signal)] : []),
    ]);
    const node = flags['node-name'];
    log.info('caches synced', { node, services: caches.services.size });
    if (caches.nodes.get(node) === undefined) log.warn('no Node of this name', { node });
    interfaces.start();
    // Each Service was told of when it was read: all wait here, and are not worked on again.
    for (const service of queue.takeAll()) speaker.reconcile(service);
    const working = queue.run(async (service) => speaker.reconcile(service), signal);
    // Who goes on in another's place must be quick from the first moment on.
    const isEarly = !isFirst || clock.nowMs() - startedMs < REHEARSAL.byMs;
    if (isEarly) rehearse(hmac);
    using _later = isEarly ? undefined : clock.timer(REHEARSAL.laterMs, () => void rehearse(hmac));
    listening?.[Symbol.dispose]();
    context.settle();
    isPrepared = true;
    place?.prepared();
    const inherited = await place?.taken();
    wire?.begin(inherited);
    if (!isFirst) following.push(context.serve());
    isBegun = true;
    // What another process of this node said of what is announced is its own until now.
    following.push(status.run(signal), state.run(signal));
    bgp.begin();
    await working;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    interfaces.stop();
    watching[Symbol.dispose]();
    await stopInTime(parts, following, log, isHandedOn);
  }
}

/** Hands over first, as others wait for that; then lets go of the sockets, and then tells the API, unless another process of this node goes on. */
async function stopInTime(
  { speaker, announcer, events, status, bgp }: SpeakerParts,
  following: readonly Promise<void>[],
  log: Context['log'],
  isHandedOn: boolean,
): Promise<void> {
  const limit = new AbortController();
  const tooLate = Promise.withResolvers<void>();
  using _timer = clock.timer(STOP_LIMIT_MS, () => {
    limit.abort(new Error('no time left'));
    tooLate.resolve();
  });
  await Promise.race([speaker.stop(), tooLate.promise]);
  announcer.close();
  await Promise.race([Promise.allSettled([...following, bgp.ended()]), tooLate.promise]);
  if (!isHandedOn) {
    await Promise.all([status.clear(limit.signal), bgp.clear(limit.signal)]).catch(
      (error: unknown) => log.warn('statuses not removed', { error }),
    );
  }
  await events.flush(limit.signal);
  events[Symbol.dispose]();
}

/** Runs the speaker in this process, with what hears already; resolves with the exit code. */
export async function runSpeaker(ears: EarlyEars): Promise<number> {
  return await runDaemon(
    {
      name: 'speaker',
      about:
        'Announces the addresses of Services of type LoadBalancer from this node: by ARP and NDP where it is the one that should answer, by BGP to the routers that it has.',
      flags: speakerFlags,
      servesItself: true,
      releaseMemory,
      main: async (context) => await main(context, ears),
    },
    process,
  );
}
