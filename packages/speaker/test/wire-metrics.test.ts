import { createMetrics, type Metrics } from '@picluster/daemon';
import {
  initialState,
  wiredTimings,
  type ElectionEffect,
  type ElectionState,
  type Peer,
} from '@picluster/l2-election';
import { beforeEach, expect, test } from 'vitest';
import { createWireMetrics, type WireMetrics } from '../src/wire-metrics.ts';

const ADDRESS = '192.0.2.1';

let nowMs: number;
let metrics: Metrics;
let wire: WireMetrics;
let state: ElectionState;
let tell: (effect: ElectionEffect) => void;

beforeEach(() => {
  nowMs = 10_000;
  metrics = createMetrics();
  wire = createWireMetrics(metrics, { nowMs: () => nowMs });
  state = initialState({ node: 'n1', boot: 1, timings: wiredTimings, nowMs: 0 });
  const election = wire.election('eth0', () => state);
  tell = (effect) => election.effect(effect);
});

function hear(node: string, atMs: number, held: readonly string[] = []): void {
  const entries = new Map(
    held.map((address) => [address, [{ kind: 'hold' as const, address, term: 1 }]]),
  );
  const peer = { boot: 7, heardAtMs: atMs, evidenceAtMs: atMs, leaving: false, entries };
  state.peers.set(node, peer as unknown as Peer);
}

async function value(series: string): Promise<number | undefined> {
  const { body } = await metrics.scrape();
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const send = { kind: 'send' } as ElectionEffect;

test('peers are counted as heard or unheard at each heartbeat, until the election ends', async () => {
  hear('n2', nowMs - 100);
  hear('n3', nowMs - 600);
  tell(send);
  expect(await value('picluster_l2_peers{interface="eth0",state="heard"}')).toBe(1);
  expect(await value('picluster_l2_peers{interface="eth0",state="unheard"}')).toBe(1);
  wire.forget('eth0');
  expect(await value('picluster_l2_peers{interface="eth0",state="heard"}')).toBeUndefined();
});

test('speakers that are unheard and alive have a series each, for as long as they are', async () => {
  wire.unheard('eth0', ['n2', 'n3']);
  wire.unheard('eth0', ['n3']);
  expect(await value('picluster_l2_speaker_unheard{interface="eth0",node="n2"}')).toBeUndefined();
  expect(await value('picluster_l2_speaker_unheard{interface="eth0",node="n3"}')).toBe(1);
});

test('the longest gap is between two signs of life of one boot of a peer', async () => {
  for (const atMs of [100, 200, 650, 700]) {
    hear('n2', atMs);
    tell(send);
  }
  expect(await value('picluster_l2_longest_gap_seconds{interface="eth0"}')).toBe(0.45);
});

test('a takeover is measured from the last sign of life of the holder, over the claim, to the answer', async () => {
  hear('n2', nowMs - 800, [ADDRESS]);
  tell({ kind: 'claiming', address: ADDRESS, term: 2 });
  nowMs += 30;
  tell({ kind: 'gained', address: ADDRESS, term: 2, how: 'claimed' });
  expect(await value('picluster_l2_failovers_total{interface="eth0"}')).toBe(1);
  const phase = (name: string): string =>
    `picluster_l2_failover_seconds_total{interface="eth0",phase="${name}"}`;
  expect(await value(phase('detect'))).toBe(0.8);
  expect(await value(phase('claim'))).toBe(0.03);
  expect(await value('picluster_l2_claims_total{interface="eth0",outcome="claimed"}')).toBe(1);
});

test('what nobody held, or was handed over, or was claimed in vain is no takeover', async () => {
  tell({ kind: 'claiming', address: ADDRESS, term: 1 });
  tell({ kind: 'gained', address: ADDRESS, term: 1, how: 'claimed' });
  hear('n2', nowMs, [ADDRESS]);
  tell({ kind: 'gained', address: ADDRESS, term: 2, how: 'given' });
  tell({ kind: 'claiming', address: ADDRESS, term: 3 });
  tell({ kind: 'claim-ended', address: ADDRESS, reason: 'held-by-other' });
  tell({ kind: 'gained', address: ADDRESS, term: 4, how: 'given' });
  expect(await value('picluster_l2_failovers_total{interface="eth0"}')).toBeUndefined();
  expect(await value('picluster_l2_claims_total{interface="eth0",outcome="held-by-other"}')).toBe(
    1,
  );
});

test('losses are counted by reason', async () => {
  tell({ kind: 'lost', address: ADDRESS, reason: 'away' });
  expect(await value('picluster_l2_losses_total{interface="eth0",reason="away"}')).toBe(1);
});
