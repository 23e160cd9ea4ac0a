import { wiredTimings, type L2Election } from '@picluster/l2-election';
import { SimClock } from '@picluster/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  API_STALE_MS,
  ApiWitness,
  UNHEARD_MS,
  viewRenewal,
  viewSpeakerPod,
  type SpeakerPodView,
} from '../src/api-witness.ts';
import { TestCache } from './test-cache.ts';

let clock: SimClock;
let renewals: TestCache<string>;
let pods: TestCache<SpeakerPodView>;
let staleMs: number;
let state: {
  node: string;
  apiReachable: boolean;
  timings: typeof wiredTimings;
  peers: Map<string, { evidenceAtMs: number; heardAtMs?: number }>;
};
let told: string[];
let unheard: string[];
let end: AbortController;

beforeEach(async () => {
  clock = new SimClock();
  renewals = new TestCache();
  pods = new TestCache();
  staleMs = 0;
  state = { node: 'id-n1', apiReachable: false, timings: wiredTimings, peers: new Map() };
  told = [];
  unheard = [];
  end = new AbortController();
  const election = {
    state,
    setApiReachable: (reachable: boolean): void => {
      state.apiReachable = reachable;
      told.push(reachable ? 'reachable' : 'unreachable');
    },
    nodeSeen: (node: string, agoMs: number) =>
      void told.push(agoMs === 0 ? `${node} lives` : `${node} lived ${agoMs} ms ago`),
  };
  const witness = new ApiWitness({
    renewals,
    pods,
    api: { synced: true, staleMs: () => staleMs },
    clock,
    election: () => election as unknown as L2Election,
    idOf: (name) => `id-${name}`,
    unheard: (names) => void unheard.push(names.join(' ')),
  });
  void witness.run(end.signal);
  pods.set('here/speaker-b', { node: 'n2', ready: true });
  renewals.set('kube-node-lease/n2', '10:00:00');
  await clock.advance(0);
  told.length = 0;
});
afterEach(() => end.abort());

const renew = (node: string = 'n2'): void =>
  renewals.set(`kube-node-lease/${node}`, `10:00:${told.length}1`);

describe('the API shows a speaker alive', () => {
  test('when its node renews its Lease, and its Pod is ready', () => {
    renew();
    expect(told).toEqual(['n2 lives']);
  });

  test('not by a Lease that was there before, or that was written without a renewal', () => {
    renewals.set('kube-node-lease/n3', '09:00:00');
    pods.set('here/speaker-c', { node: 'n3', ready: true });
    renewals.set('kube-node-lease/n3', '09:00:00');
    expect(told).toEqual([]);
  });

  test('not without a Pod on that node that is ready', () => {
    pods.set('here/speaker-b', { node: 'n2', ready: false });
    renew();
    pods.set('here/speaker-b', undefined);
    renewals.set('kube-node-lease/n2', 'later');
    expect(told).toEqual([]);
  });

  test('not where the segment heard it lately: then the segment knows better', async () => {
    state.peers.set('id-n2', { evidenceAtMs: clock.nowMs() });
    await clock.advance(UNHEARD_MS - 1);
    renew();
    expect(told).toEqual([]);
  });

  test('by a renewal since it was last heard, as soon as it was unheard for long, once', async () => {
    state.peers.set('id-n2', { evidenceAtMs: clock.nowMs() });
    await clock.advance(4000);
    renew();
    await clock.advance(UNHEARD_MS - 4000 - 1);
    expect(told).toEqual([]);
    await clock.advance(2000);
    expect(told).toEqual([`n2 lived ${UNHEARD_MS - 4000} ms ago`]);
  });

  test('not by that renewal if its Pod is not ready any more, or if it was heard again', async () => {
    state.peers.set('id-n2', { evidenceAtMs: clock.nowMs() });
    await clock.advance(4000);
    renew();
    await clock.advance(1000);
    pods.set('here/speaker-b', { node: 'n2', ready: false });
    await clock.advance(UNHEARD_MS);
    expect(told).toEqual([]);
    state.peers.set('id-n2', { evidenceAtMs: clock.nowMs() });
    await clock.advance(1000);
    pods.set('here/speaker-b', { node: 'n2', ready: true });
    await clock.advance(UNHEARD_MS);
    expect(told).toEqual([]);
  });

  test('not where it is our own', () => {
    pods.set('here/speaker-a', { node: 'n1', ready: true });
    renewals.set('kube-node-lease/n1', '10:00:00');
    renew('n1');
    expect(told).toEqual([]);
  });
});

describe('speakers that are alive and unheard', () => {
  test('are named when they change, until they are heard', async () => {
    pods.set('here/speaker-c', { node: 'n3', ready: true });
    renewals.set('kube-node-lease/n3', 'before');
    renew('n3');
    renew('n2');
    await clock.advance(1000);
    expect(unheard).toEqual(['n2 n3']);
    state.peers.set('id-n3', { evidenceAtMs: clock.nowMs() });
    await clock.advance(1000);
    expect(unheard).toEqual(['n2 n3', 'n2']);
  });

  test('are named where others hear them, after 12 s, until they are heard', async () => {
    const hearOf = async (ms: number, how: { readonly heard: boolean }): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += 500) {
        const nowMs = clock.nowMs();
        const heardAtMs = how.heard ? nowMs : -Infinity;
        state.peers.set('id-n2', { evidenceAtMs: nowMs, heardAtMs });
        await clock.advance(500);
      }
    };
    await hearOf(UNHEARD_MS - 1000, { heard: false });
    expect(unheard).toEqual([]);
    await hearOf(2500, { heard: false });
    expect(unheard).toEqual(['n2']);
    await hearOf(2000, { heard: true });
    expect(unheard).toEqual(['n2', '']);
    await hearOf(UNHEARD_MS - 1000, { heard: false });
    expect(unheard).toEqual(['n2', '']);
  });

  test('are named no longer when the API shows no sign of them either', async () => {
    renew();
    await clock.advance(29_000);
    expect(unheard).toEqual(['n2']);
    await clock.advance(2000);
    expect(unheard).toEqual(['n2', '']);
  });
});

test('an API that is silent for long is unreachable, until it speaks', async () => {
  staleMs = API_STALE_MS;
  await clock.advance(1000);
  await clock.advance(1000);
  staleMs = 0;
  await clock.advance(1000);
  expect(told).toEqual(['unreachable', 'reachable']);
});

describe('what is kept', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  test.each([
    [
      { spec: { nodeName: 'n1' }, status: ready },
      { node: 'n1', ready: true },
    ],
    [{ spec: { nodeName: 'n1' } }, { node: 'n1', ready: false }],
    [{ status: { conditions: [{ type: 'Ready', status: 'False' }] } }, { node: '', ready: false }],
    [
      { metadata: { deletionTimestamp: 'now' }, spec: { nodeName: 'n1' }, status: ready },
      { node: 'n1', ready: false },
    ],
  ])('of the Pod %j is %j', (raw, view) => expect(viewSpeakerPod(raw)).toEqual(view));

  test('of a Lease is its renewal', () => {
    expect(viewRenewal({ spec: { renewTime: 'then' } })).toBe('then');
    expect(viewRenewal({})).toBe('');
  });
});
