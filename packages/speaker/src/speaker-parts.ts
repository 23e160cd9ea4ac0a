import { randomUUID } from 'node:crypto';
import { BGPPeerResource } from '@picluster/api';
import { leaseTimings, type DaemonContext } from '@picluster/daemon';
import {
  EventRecorder,
  systemRandom as random,
  WorkQueue,
  type KubeClient,
  type ReflectorDeps,
} from '@picluster/kube';
import { wifiTimings, wiredTimings } from '@picluster/l2-election';
import { openLinkSocket, readInterface, watchLinks } from '@picluster/packet-socket';
import { Announcer, type AnnouncerDeps } from './announcer.ts';
import { AnswerReports } from './answer-reports.ts';
import { BgpGate } from './bgp/bgp-gate.ts';
import { BgpTask, type BgpTaskDeps } from './bgp/bgp-task.ts';
import type { BgpPeerView } from './bgp/peer-plan.ts';
import type { Readable } from './bgp/readable.ts';
import { fallbackRouterID } from './bgp/router-id.ts';
import { createCaches, type Caches } from './caches.ts';
import { ConfigurationStateTask } from './configuration-state-task.ts';
import { ConflictReports } from './conflict-reports.ts';
import { readExcludedInterfaces } from './excluded-interfaces.ts';
import type { speakerFlags } from './flags.ts';
import { hmac } from './hmac.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { ServiceStatusTask } from './service-status-task.ts';
import { NodeMachines } from './node-machines.ts';
import { L2_STATUS, type OwnerPod } from './service-status.ts';
import { leaseLocks, LeaseStrategy } from './lease-strategy.ts';
import { machineClock as clock } from './seams/machine-clock.ts';
import { systemHardwareAddresses } from './seams/system-neighbourhood.ts';
import { systemInterfaces } from './seams/system-interfaces.ts';
import { createSpeakerMetrics, type SpeakerMetrics } from './speaker-metrics.ts';
import { NOT_URGENT_MS, Speaker, type SpeakerDeps } from './speaker.ts';
import { NodePlace } from './succession/node-place.ts';
import { Wire } from './wire.ts';

type Context = DaemonContext<typeof speakerFlags>;

/** The parts of a speaker, joined; none of them runs. */
export interface SpeakerParts {
  readonly caches: Caches;
  readonly queue: WorkQueue;
  readonly events: EventRecorder;
  readonly status: ServiceStatusTask;
  readonly announcer: Announcer;
  readonly interfaces: InterfaceWatch;
  /** Under the strategy `wire`. */
  readonly wire: Wire | undefined;
  /** The same: two on one node would speak under one name. Under the strategy `lease` each has its own. */
  readonly place: NodePlace | undefined;
  /** Under the strategy `lease`. */
  readonly lease: LeaseStrategy | undefined;
  readonly speaker: Speaker;
  readonly bgp: BgpGate;
  readonly state: ConfigurationStateTask;
}

/** Makes the parts; `onWaiting`: another process waits for our place. Throws where the command line or a file that it names makes no sense. */
export function createSpeakerParts(
  context: Context,
  client: KubeClient,
  onWaiting: () => void,
): SpeakerParts {
  const { flags, log } = context;
  const { namespace, 'node-name': node } = flags;
  const timings = leaseTimings(flags);
  const isWire = flags['l2-strategy'] === 'wire';
  const world = { client, clock, random, log };
  const caches = createCaches(world, namespace);
  const metrics = createSpeakerMetrics(context.metrics, node, {
    layer2: () => speaker.announcements(),
    bgp: () => bgp.announcements(),
  });
  const queue = new WorkQueue({ clock, random, log }, { name: 'services' });
  const events = new EventRecorder(world, { component: 'metallb-speaker', instance: node });
  const status = new ServiceStatusTask(
    {
      ...world,
      whereIs: (service) => speaker.whereIs(service),
      failed: () => metrics.failed(),
    },
    { kind: L2_STATUS, namespace, node, owner: ownerPod(flags) },
  );
  const conflicts = new ConflictReports({
    clock,
    log,
    warn: (address, reason, message) => speaker.warn(address, reason, message),
    counted: (address, interfaceName) => metrics.conflict(address, interfaceName),
  });
  const answers = new AnswerReports({
    metrics: context.metrics,
    clock,
    log,
    node,
    nameOf: (id) => wire?.nameOf(id) ?? id,
    warn: (address, reason, message) => speaker.warn(address, reason, message),
    conflict: (address, interfaceName, mac) => conflicts.add(address, interfaceName, mac),
  });
  const watchConflicts: AnnouncerDeps['conflicts'] = (interfaceName) => ({
    // Under `wire` speakers know each other's hardware addresses by their heartbeats.
    isOurs: (mac) => (wire ?? machines).isOurs(mac),
    conflict: (address, mac) => conflicts.add(address, interfaceName, mac),
    cleared: (address) =>
      log.info('address left by the other machine', { ip: address, interface: interfaceName }),
  });
  const announcer = new Announcer({
    openLink: (interfaceName) => openLinkSocket({ interfaceName }, { log }),
    clock,
    log,
    metrics: metrics.responder,
    conflicts: watchConflicts,
    announceRefreshMs: flags['gratuitous-arp-interval'] * 1000,
    onReady: () => speaker.reconsider(),
  });
  const interfaces = new InterfaceWatch(
    { reader: systemInterfaces(readInterface), clock, log, changes: watchLinks },
    () => speaker.onInterfaces(),
    { excluded: readExcludedInterfaces(flags['exclude-l2-config']) },
  );
  const machines = new NodeMachines({
    nodes: caches.nodes,
    node,
    interfaces: () => interfaces.interfaces.map(({ name }) => name),
    whoHas: (...question) => announcer.whoHas(...question),
    ownMacs: systemHardwareAddresses,
    clock,
  });
  const lockFor = leaseLocks(client, namespace, timings);
  const members = flags['l2-strict-members'];
  const wire = isWire
    ? new Wire(
        {
          ...world,
          metrics: context.metrics,
          nodes: caches.nodes,
          lockFor,
          probe: (address, interfaceName, foreign) =>
            announcer.probe(address, interfaceName, foreign),
          whoHas: (...question) => announcer.whoHas(...question),
          answers: (interfaceName, news) => answers.tell(interfaceName, news),
        },
        {
          nodeName: node,
          namespace,
          timings: flags['l2-timings'] === 'wifi' ? wifiTimings : wiredTimings,
          ...(members > 0 && { strict: { members } }),
        },
      )
    : undefined;
  const lease = new LeaseStrategy(
    { ...world, lockFor, machines },
    { nodeName: node, namespace, timings },
  );
  const speaker: Speaker = new Speaker(
    {
      ...caches,
      interfaces: () => interfaces.interfaces,
      announcer,
      ownership: (listener) => (wire ?? lease).ownership(listener),
      conflict: (address, interfaceName, mac) => conflicts.add(address, interfaceName, mac),
      reconciled: () => metrics.reconciled(),
      enqueue: (service) => queue.add(service),
      event: writeOn(events),
      status: (...change) => status.changed(...change),
      later: (work) => void clock.timer(NOT_URGENT_MS, work),
      log,
    },
    {
      node,
      loadBalancerClass: flags['lb-class'],
      ignoreExcludeLabel: flags['ignore-exclude-lb'],
    },
  );
  const state = new ConfigurationStateTask({ ...world, nodes: caches.nodes }, { namespace, node });
  const bgp: BgpGate = bgpGate(world, { caches, events, metrics, state }, context);
  return {
    caches,
    queue,
    events,
    status,
    announcer,
    interfaces,
    wire,
    place: wire && placeFor(wire, flags, log, onWaiting),
    lease: isWire ? undefined : lease,
    speaker,
    bgp,
    state,
  };
}

/** What BGP needs beside its own. */
interface BgpSurroundings {
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly metrics: SpeakerMetrics;
  readonly state: ConfigurationStateTask;
}

function bgpGate(
  world: ReflectorDeps & { readonly log: Context['log'] },
  { caches, events, metrics, state }: BgpSurroundings,
  context: Context,
): BgpGate {
  const { flags } = context;
  const options = {
    node: flags['node-name'],
    namespace: flags.namespace,
    loadBalancerClass: flags['lb-class'],
    ignoreExcludeLabel: flags['ignore-exclude-lb'],
    fallbackRouterID: fallbackRouterID(flags['node-name']),
    owner: ownerPod(flags),
  };
  const problems = (now: readonly string[]): void => {
    metrics.configured(now.length > 0);
    state.set(now);
  };
  const make = (peers: Readable<BgpPeerView>): BgpTask =>
    new BgpTask(
      {
        ...world,
        caches: { ...caches, peers },
        registry: context.metrics,
        event: writeOn(events),
        peerEvent: writeOnPeer(events, flags.namespace),
        problems,
        failed: () => metrics.failed(),
      },
      options,
    );
  return new BgpGate({ ...world, make, problems }, flags.namespace);
}

function placeFor(
  wire: Wire,
  { namespace }: Context['flags'],
  log: Context['log'],
  onWaiting: () => void,
): NodePlace {
  return new NodePlace(
    {
      hmac,
      keys: () => wire.api.keys.keys ?? [],
      facts: () => wire.facts(),
      readAll: async () => wire.readAll(),
      nonce: randomUUID,
      clock,
      log,
      onWaiting,
    },
    `picluster-speaker-${namespace}`,
  );
}

function ownerPod(flags: Context['flags']): OwnerPod | undefined {
  const { 'pod-name': name, 'pod-uid': uid } = flags;
  return name === undefined || uid === undefined ? undefined : { name, uid };
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

function writeOnPeer(events: EventRecorder, namespace: string): BgpTaskDeps['peerEvent'] {
  const { group, version, kind } = BGPPeerResource;
  return ({ name, uid }, ...said) => {
    const identity = uid === undefined ? {} : { uid };
    events.record(
      { apiVersion: `${group}/${version}`, kind, namespace, name, ...identity },
      ...said,
    );
  };
}
