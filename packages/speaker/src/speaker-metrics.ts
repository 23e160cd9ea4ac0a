import type { ResponderMetrics } from '@picluster/arp-responder';
import { createClientMetrics, type ClientMetrics, type Metrics } from '@picluster/daemon';
import type { Announcement } from './announced-services.ts';

/** What is announced, by how: in MetalLB's words. */
export type Announcing = Readonly<Record<'layer2' | 'bgp', () => Iterable<Announcement>>>;

/** What the speaker counts. Names and labels are MetalLB's where MetalLB has them. */
export interface SpeakerMetrics extends ClientMetrics {
  /** Handed to every responder. */
  readonly responder: ResponderMetrics;
  /** A machine that is no speaker uses an address. */
  conflict(address: string, interfaceName: string): void;
}

/** Makes the speaker's metrics in the registry of the daemon. `announcing` is asked at each scrape. */
export function createSpeakerMetrics(
  metrics: Metrics,
  node: string,
  announcing: Announcing,
): SpeakerMetrics {
  metrics.gauge(
    'metallb_speaker_announced',
    'Services that are announced from this node, 1 for each address.',
    ['service', 'protocol', 'node', 'ip'],
    () =>
      Object.entries(announcing).flatMap(([protocol, list]) =>
        Array.from(list(), ([service, ip]) => ({
          labels: { service, protocol, node, ip },
          value: 1,
        })),
      ),
  );
  const received = metrics.counter(
    'metallb_layer2_requests_received',
    'ARP requests and neighbour solicitations for addresses that this node may answer for.',
    ['ip'],
  );
  const sent = metrics.counter(
    'metallb_layer2_responses_sent',
    'ARP replies and neighbour advertisements that answered a question.',
    ['ip'],
  );
  const gratuitous = metrics.counter(
    'metallb_layer2_gratuitous_sent',
    'Unsolicited ARP packets and neighbour advertisements.',
    ['ip'],
  );
  const dropped = metrics.counter(
    'picluster_layer2_dropped_total',
    'Frames that reached the responder and got no answer, by reason.',
    ['reason'],
  );
  const conflicts = metrics.counter(
    'picluster_l2_conflicts_total',
    'How often a machine that is no speaker was heard to use an address of the cluster.',
    ['interface', 'ip'],
  );
  const client = createClientMetrics(metrics, {
    loaded: '1 once what BGP is to do was read.',
    stale: '1 while something of BGP that is for this node is not followed.',
  });
  return {
    ...client,
    conflict: (ip, interfaceName) => conflicts.inc({ interface: interfaceName, ip }),
    responder: {
      requestReceived: (ip) => received.inc({ ip }),
      replySent: (ip) => sent.inc({ ip }),
      announcementSent: (ip) => gratuitous.inc({ ip }),
      dropped: (reason) => dropped.inc({ reason }),
    },
  };
}
