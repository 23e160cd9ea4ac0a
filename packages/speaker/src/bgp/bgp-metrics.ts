import type { BgpMessage } from '@picluster/bgp';
import type { Counter, Gauge, Metrics } from '@picluster/daemon';

/** Whose series it is. */
interface PeerLabels {
  /** `<address>:<port>`; of BFD the address. */
  readonly peer: string;
  /** Absent: the default one. */
  readonly vrf: string | undefined;
}

/** What is counted of one BGP session. */
export interface BgpSessionMetrics {
  /** Whether the session is established. */
  up(is: boolean): void;
  /** Why it is not; `undefined`: it is. */
  down(reason: string | undefined): void;
  /** How many prefixes the peer has of us. */
  announced(prefixes: number): void;
  /** How many prefixes it should have. */
  wanted(prefixes: number): void;
  sent(type: BgpMessage['type']): void;
  received(type: BgpMessage['type']): void;
  faulty(reason: string): void;
  /** The session is no more: its series go. */
  end(): void;
}

/** What is counted of one BFD session. */
export interface BfdSessionMetrics {
  up(is: boolean): void;
  wentUp(): void;
  wentDown(): void;
  sent(): void;
  received(): void;
  /** The session is no more: its series go. */
  end(): void;
}

/** What BGP and BFD count. Names and labels are MetalLB's where MetalLB has them. */
export interface BgpMetrics {
  session(labels: PeerLabels): BgpSessionMetrics;
  bfd(labels: PeerLabels): BfdSessionMetrics;
}

const LABELS = ['peer', 'vrf'];
const FAULTS = [...LABELS, 'reason'];

/** Makes the metrics in the registry of the daemon; once. */
export function createBgpMetrics(metrics: Metrics): BgpMetrics {
  const bgp = bgpSeries(metrics);
  const bfd = bfdSeries(metrics);
  return {
    session: (labels) => bgpSession(bgp, named(labels)),
    bfd: (labels) => bfdSession(bfd, named(labels)),
  };
}

type Labels = Record<string, string>;

function named({ peer, vrf }: PeerLabels): Labels {
  return vrf === undefined ? { peer } : { peer, vrf };
}

type Series<Names extends string> = Readonly<Record<Names, Counter>>;

interface BgpSeries {
  readonly up: Gauge;
  readonly down: Gauge;
  readonly announced: Gauge;
  readonly pending: Gauge;
  readonly sent: Series<'OPEN' | 'NOTIFICATION' | 'UPDATE' | 'KEEPALIVE' | 'ROUTE-REFRESH'>;
  readonly received: Series<'OPEN' | 'UPDATE' | 'KEEPALIVE'>;
  readonly totals: Series<'sent' | 'received'>;
  readonly faulty: Counter;
}

function bgpSeries(metrics: Metrics): BgpSeries {
  return {
    up: metrics.gauge(
      'metallb_bgp_session_up',
      'Whether the BGP session is established, 1 or 0.',
      LABELS,
    ),
    down: metrics.gauge(
      'picluster_bgp_session_down',
      '1 for the reason why the BGP session is not established.',
      FAULTS,
    ),
    announced: metrics.gauge(
      'metallb_bgp_announced_prefixes_total',
      'Prefixes that the peer has of this node.',
      LABELS,
    ),
    pending: metrics.gauge(
      'metallb_bgp_pending_prefixes_total',
      'Prefixes that the peer should have of this node.',
      LABELS,
    ),
    sent: {
      OPEN: metrics.counter('metallb_bgp_opens_sent', 'OPEN messages sent.', LABELS),
      NOTIFICATION: metrics.counter(
        'metallb_bgp_notifications_sent',
        'NOTIFICATION messages sent.',
        LABELS,
      ),
      UPDATE: metrics.counter(
        'metallb_bgp_updates_total',
        'UPDATE messages sent, those that withdraw included.',
        LABELS,
      ),
      KEEPALIVE: metrics.counter('metallb_bgp_keepalives_sent', 'KEEPALIVE messages sent.', LABELS),
      'ROUTE-REFRESH': metrics.counter(
        'metallb_bgp_route_refresh_sent',
        'ROUTE-REFRESH messages sent.',
        LABELS,
      ),
    },
    received: {
      OPEN: metrics.counter('metallb_bgp_opens_received', 'OPEN messages received.', LABELS),
      UPDATE: metrics.counter(
        'metallb_bgp_updates_total_received',
        'UPDATE messages received; what they say is not kept.',
        LABELS,
      ),
      KEEPALIVE: metrics.counter(
        'metallb_bgp_keepalives_received',
        'KEEPALIVE messages received.',
        LABELS,
      ),
    },
    totals: {
      sent: metrics.counter('metallb_bgp_total_sent', 'BGP messages sent.', LABELS),
      received: metrics.counter('metallb_bgp_total_received', 'BGP messages received.', LABELS),
    },
    faulty: metrics.counter(
      'picluster_bgp_faulty_messages_total',
      'BGP messages that could not be used, or that had to be mended, by reason.',
      FAULTS,
    ),
  };
}

function bgpSession(series: BgpSeries, labels: Labels): BgpSessionMetrics {
  const { up, announced, pending, sent, received, totals, faulty } = series;
  const counters = [...Object.values(sent), ...Object.values(received), ...Object.values(totals)];
  const receivedOf: Readonly<Partial<Record<BgpMessage['type'], Counter>>> = received;
  const faults = new Set<string>();
  let why: string | undefined;
  const because = (reason: string | undefined): void => {
    if (why !== undefined && why !== reason) series.down.remove({ ...labels, reason: why });
    if (reason !== undefined) series.down.set(1, { ...labels, reason });
    why = reason;
  };
  up.set(0, labels);
  announced.set(0, labels);
  pending.set(0, labels);
  for (const counter of counters) counter.inc(labels, 0);
  return {
    up: (is) => up.set(Number(is), labels),
    down: because,
    announced: (prefixes) => announced.set(prefixes, labels),
    wanted: (prefixes) => pending.set(prefixes, labels),
    sent: (type) => {
      sent[type].inc(labels);
      totals.sent.inc(labels);
    },
    received: (type) => {
      receivedOf[type]?.inc(labels);
      totals.received.inc(labels);
    },
    faulty: (reason) => {
      faults.add(reason);
      faulty.inc({ ...labels, reason });
    },
    end: () => {
      because(undefined);
      for (const each of [up, announced, pending, ...counters]) each.remove(labels);
      for (const reason of faults) faulty.remove({ ...labels, reason });
    },
  };
}

interface BfdSeries {
  readonly up: Gauge;
  readonly counters: Series<'wentUp' | 'wentDown' | 'sent' | 'received'>;
}

function bfdSeries(metrics: Metrics): BfdSeries {
  return {
    up: metrics.gauge('metallb_bfd_session_up', 'Whether the BFD session is up, 1 or 0.', LABELS),
    counters: {
      wentUp: metrics.counter(
        'metallb_bfd_session_up_events',
        'How often the BFD session has come up.',
        LABELS,
      ),
      wentDown: metrics.counter(
        'metallb_bfd_session_down_events',
        'How often the BFD session has gone down.',
        LABELS,
      ),
      sent: metrics.counter(
        'metallb_bfd_control_packet_output',
        'BFD control packets sent.',
        LABELS,
      ),
      received: metrics.counter(
        'metallb_bfd_control_packet_input',
        'BFD control packets received.',
        LABELS,
      ),
    },
  };
}

function bfdSession({ up, counters }: BfdSeries, labels: Labels): BfdSessionMetrics {
  const { wentUp, wentDown, sent, received } = counters;
  const all = [wentUp, wentDown, sent, received];
  up.set(0, labels);
  for (const counter of all) counter.inc(labels, 0);
  return {
    up: (is) => up.set(Number(is), labels),
    wentUp: () => wentUp.inc(labels),
    wentDown: () => wentDown.inc(labels),
    sent: () => sent.inc(labels),
    received: () => received.inc(labels),
    end: () => {
      for (const each of [up, ...all]) each.remove(labels);
    },
  };
}
