import { systemClock as clock, systemRandom as random } from '@picluster/kube';
import { expect, test, vi } from 'vitest';
import type { Announcement } from '../../src/announced-services.ts';
import { BgpGate, type RunningBgp } from '../../src/bgp/bgp-gate.ts';
import { NAMESPACE, startSimApi } from '../sim-api.ts';

const WAIT = { timeout: 20_000, interval: 20 };

/** BGP that writes down what it is asked. */
class Diary implements RunningBgp {
  readonly lines: string[] = [];
  async run(signal: AbortSignal, begun: Promise<void>): Promise<void> {
    this.lines.push('run');
    await begun;
    this.lines.push('begun');
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  stop(): void {
    this.lines.push('stop');
  }
  async ended(): Promise<void> {
    this.lines.push('ended');
  }
  async clear(): Promise<void> {
    this.lines.push('clear');
  }
  *announcements(): Generator<Announcement> {
    yield ['default/web', '192.0.2.1'];
  }
  problem(): string {
    return 'a problem';
  }
}

test('BGP is made with the first BGPPeer, begins when it may, and hears of the end', async () => {
  await using api = await startSimApi();
  const { sim, client } = api;
  const made: Diary[] = [];
  const make = (): Diary => {
    const diary = new Diary();
    made.push(diary);
    return diary;
  };
  const gate = new BgpGate({ client, clock, random, make, problems: () => {} }, NAMESPACE);
  const end = new AbortController();
  const running = gate.run(end.signal);
  await vi.waitFor(() => expect(sim.requests.count({ verb: 'watch' })).toBe(1), WAIT);
  gate.stop();
  await gate.ended();
  await gate.clear(end.signal);
  expect([made.length, gate.problem(), [...gate.announcements()]]).toEqual([0, undefined, []]);
  sim.applyManifest({
    apiVersion: 'metallb.io/v1beta2',
    kind: 'BGPPeer',
    metadata: { name: 'router', namespace: NAMESPACE },
    spec: { myASN: 64_500, peerASN: 64_512, peerAddress: '192.0.2.2' },
  });
  await vi.waitFor(() => expect(made).toHaveLength(1), WAIT);
  expect(made[0]?.lines).toEqual(['run']);
  gate.begin();
  await vi.waitFor(() => expect(made[0]?.lines).toEqual(['run', 'begun']), WAIT);
  expect(gate.problem()).toBe('a problem');
  gate.stop();
  end.abort();
  await running;
  await gate.ended();
  await gate.clear(end.signal);
  expect(made.map(({ lines }) => lines)).toEqual([['run', 'begun', 'stop', 'ended', 'clear']]);
});

test('without a BGPPeer its end is quick', async () => {
  const client = {
    request: () => Promise.reject(new Error('away')),
    stream: () => Promise.reject(new Error('away')),
  };
  const make = (): Diary => {
    throw new Error('there is no BGPPeer');
  };
  const gate = new BgpGate({ client, clock, random, make, problems: () => {} }, NAMESPACE);
  const end = new AbortController();
  const running = gate.run(end.signal);
  end.abort();
  await running;
  expect(gate.problem()).toBeUndefined();
});
