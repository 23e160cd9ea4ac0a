import { CEASE, cease, type EndReason } from '@picluster/bgp';
import { describe, expect, test } from 'vitest';
import { planPeers, type BgpPeerView, type PeerPlan } from '../../src/bgp/peer-plan.ts';
import { SessionReports } from '../../src/bgp/session-reports.ts';
import { node } from '../cluster-views.ts';
import { bgpPeer } from './bgp-views.ts';

const silent: EndReason = { kind: 'connect-timeout' };
const refused: EndReason = { kind: 'disconnected', error: 'ECONNREFUSED' };
const ended: EndReason = {
  kind: 'notification-received',
  notification: cease(CEASE.ADMINISTRATIVE_SHUTDOWN),
};

function planOf(change: Partial<BgpPeerView>): PeerPlan {
  const { plans } = planPeers({
    peers: [bgpPeer(change)],
    namespace: 'metallb-system',
    profile: () => undefined,
    secret: () => undefined,
    node: node('n1'),
    fallbackRouterID: '192.0.2.11',
  });
  const [plan] = plans;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

/** Reports of node n1 about a router, and what they say. */
class Told {
  readonly events: string[] = [];
  readonly log: unknown[] = [];
  readonly gauge: (string | undefined)[] = [];
  readonly reports: SessionReports;

  constructor(change: Partial<BgpPeerView> = {}) {
    const plan = planOf(change);
    this.reports = new SessionReports(
      {
        node: 'n1',
        log: { warn: (message, fields) => void this.log.push({ message, ...fields }) },
        peerEvent: ({ name, uid }, type, reason, message) =>
          void this.events.push(`${name} ${uid} ${type} ${reason} ${message}`),
        metrics: { down: (reason) => void this.gauge.push(reason) },
      },
      () => plan,
    );
  }

  /** The reasons of the failures that were told, in their order. */
  failures(...reasons: readonly EndReason[]): unknown[] {
    for (const reason of reasons) this.reports.failed(reason);
    return this.log.map((line) => (line as { readonly reason: string }).reason);
  }
}

describe('reports of a session', () => {
  test('name node and router, the reason, and what to do', () => {
    const told = new Told();
    told.reports.failed(refused);
    const why = 'nothing listens on that port of the router';
    const advice = 'Start BGP on the router, or set peerPort.';
    expect(told.events).toEqual([
      `router uid-router Warning SessionFailed node "n1" gets no session with 192.0.2.2:179: ${why}. ${advice}`,
    ]);
    expect(told.log).toEqual([
      {
        message: 'bgp session failed',
        peer: 'router',
        router: '192.0.2.2:179',
        reason: 'connection-refused',
        why,
        advice,
      },
    ]);
  });

  test('name the VRF where there is one', () => {
    const told = new Told({ vrf: 'red' });
    told.reports.up();
    expect(told.events).toEqual([
      'router uid-router Normal SessionUp node "n1" has a session with 192.0.2.2:179 (vrf red)',
    ]);
  });

  test('come with a change of the reason, not with each retry', () => {
    expect(new Told().failures(silent, silent, silent, refused, refused)).toEqual([
      'no-answer',
      'connection-refused',
    ]);
  });

  test('of reasons that take turns come once for each', () => {
    const turns = [silent, refused, silent, refused, silent, refused];
    expect(new Told().failures(...turns)).toEqual(['no-answer', 'connection-refused']);
  });

  test('of a reason that is back come when it stays', () => {
    expect(new Told().failures(silent, refused, refused, silent, silent, silent)).toEqual([
      'no-answer',
      'connection-refused',
      'no-answer',
    ]);
  });

  test('do not take a router that rests for one that does not know us, until that lasts', () => {
    const told = new Told();
    const reset: EndReason = {
      kind: 'notification-received',
      notification: cease(CEASE.ADMINISTRATIVE_RESET),
    };
    told.reports.down(reset);
    const closed: EndReason = { kind: 'disconnected', error: undefined };
    const rest = Array.from({ length: 7 }, () => closed);
    expect(told.failures(...rest, reset, ...rest)).toEqual([]);
    expect(new Set(told.gauge)).toEqual(new Set(['reset']));
    expect(told.failures(closed)).toEqual(['not-a-neighbour']);
  });

  test('do not take a router that has not read of the end of a session for one that holds on to it, until that lasts', () => {
    const told = new Told();
    const collision: EndReason = {
      kind: 'notification-received',
      notification: cease(CEASE.CONNECTION_COLLISION_RESOLUTION),
    };
    expect(told.failures(...Array.from({ length: 7 }, () => collision))).toEqual([]);
    expect([told.events, told.gauge]).toEqual([[], []]);
    expect(told.failures(collision)).toEqual(['still-connected']);
  });

  test.each([CEASE.ADMINISTRATIVE_SHUTDOWN, CEASE.MAXIMUM_NUMBER_OF_PREFIXES_REACHED])(
    'take a router that has said Cease %i, and closes connections since, for one that waits to be mended, for however long',
    (subcode) => {
      const told = new Told();
      told.reports.down({ kind: 'notification-received', notification: cease(subcode) });
      const closed: EndReason = { kind: 'disconnected', error: undefined };
      const rest = Array.from({ length: 100 }, () => closed);
      expect(told.failures(...rest)).toEqual([]);
      expect(new Set(told.gauge).size).toBe(1);
      // It was started anew, and does not know us any more.
      expect(told.failures(refused, ...rest)).toEqual(['connection-refused', 'not-a-neighbour']);
    },
  );

  test('of an interface say what is wrong with it, or that no router is heard there', () => {
    const told = new Told({ address: undefined, interface: 'eth1' });
    told.reports.missed('eth1', 'it is down');
    for (let times = 0; times < 3; times++) told.reports.missed('eth1', undefined);
    const no = 'router uid-router Warning SessionFailed node "n1" gets no session with eth1:179: ';
    expect(told.events).toEqual([
      expect.stringContaining(`${no}the interface eth1 cannot be used: it is down. `),
      expect.stringContaining(
        `${no}no router advertisement was heard on the interface eth1. Look at the cable, `,
      ),
    ]);
    expect(told.failures()).toEqual(['no-interface', 'no-router']);
    expect(told.gauge.at(-1)).toBe('no-router');
  });

  test('of a path that BFD cannot watch are a line and an event', () => {
    const told = new Told();
    told.reports.unwatched(new Error('the address and port are in use'));
    expect(told.events).toEqual([
      'router uid-router Warning BfdFailed node "n1" does not watch the path to 192.0.2.2:179: the address and port are in use',
    ]);
    expect(told.log).toHaveLength(1);
    expect(told.gauge).toEqual([]);
  });

  test('come anew after the session stood', () => {
    const told = new Told();
    told.failures(silent);
    told.reports.up();
    expect(told.failures(silent)).toEqual(['no-answer', 'no-answer']);
  });

  test('of a loss are an event, and what comes of the same reason after it is not', () => {
    const told = new Told();
    told.reports.down(ended);
    told.reports.failed(ended);
    expect(told.events).toEqual([
      'router uid-router Warning SessionDown node "n1" has lost the session with 192.0.2.2:179: the router said: Cease, Administrative Shutdown. Somebody has ended it on the router on purpose.',
    ]);
    expect(told.log).toEqual([]);
  });

  test('set the gauge with each attempt, and take it away when the session stands', () => {
    const told = new Told();
    told.failures(silent, silent, refused);
    told.reports.up();
    expect(told.gauge).toEqual(['no-answer', 'no-answer', 'connection-refused', undefined]);
  });

  test('of an end that we wish are none', () => {
    const told = new Told();
    told.reports.down({ kind: 'restart' });
    told.reports.failed({ kind: 'given-up' });
    expect([told.events, told.log, told.gauge]).toEqual([[], [], []]);
  });
});
