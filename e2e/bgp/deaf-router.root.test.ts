import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { OurSpeaker } from './our-speaker.ts';
import { plugIn, RouterProcess, THEIRS, unplug } from './router.ts';

const ROUTES = Array.from({ length: 50_000 }, (_, at) => `10.${at >> 8}.${at & 0xff}.1/32`);

describe('a router that asks for all routes again and again, and reads nothing', () => {
  const router = new RouterProcess();

  beforeAll(() => plugIn());
  afterAll(async () => {
    await router.end();
    unplug();
  });

  test('is not told more than it takes, and what waits is no more than the routes', async () => {
    await using ours = new OurSpeaker({
      over: 'ipv4',
      session: { peerAsn: 64_512, localAsn: 64_500, mode: 'active' },
    });
    ours.announce(ROUTES);
    const program = path.join(import.meta.dirname, '../bgp-mode/hostile-router.ts');
    const words = ['--conditions=@picluster/source', program, THEIRS.ipv4, 'deaf'];
    router.start([process.execPath, ...words]);
    ours.peer.start();
    await waitFor('a session', () => ours.session !== undefined);
    const beforeMb = process.memoryUsage.rss() / 2 ** 20;
    await waitFor('the router to have asked', () => router.log.includes('done'), 30_000);
    expect(ours.peer.routes.pending).toBeGreaterThan(0);
    expect(ours.peer.routes.pending).toBeLessThanOrEqual(ROUTES.length);
    expect(process.memoryUsage.rss() / 2 ** 20 - beforeMb).toBeLessThan(64);
    expect(ours.downs).toEqual([]);
  });
});
