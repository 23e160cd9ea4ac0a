import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';
import { allShown, applyPools } from './pools.ts';

let lab: Lab;
let address: string;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real' });
  await lab.startDaemons({ speakerArgs: ['--l2-strategy=lease'] });
  await applyPools(lab);
  await lab.service({ name: 'web' });
  [address = ''] = await lab.addresses('web');
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

let owner: string;
beforeEach(async () => {
  const answer = await lab.client.arp(address, 30_000);
  owner = lab.nodeOf(answer?.mac ?? '').name;
});

// The defaults: a lease lasts 15 s, its holder's right to answer 10 s, and candidates look every 2 s.
const TAKEOVER_LIMIT_MS = 20_000;

describe('the owner of an address by Lease, on real Kubernetes, asked for every 10 ms', () => {
  test(
    'is followed by another node when its speaker is killed, and at no moment do two answer',
    { timeout: 90_000 },
    async () => {
      const recorder = await lab.client.askEvery(10, address, 80_000);
      await lab.waitFor('an answer', () => recorder.firstAnswer());
      await lab.node(owner).speaker.kill();
      const handover = await lab.waitFor(
        'another answerer',
        () => recorder.handovers[0],
        TAKEOVER_LIMIT_MS + 5_000,
      );
      console.log(`owner killed: another answered after ${(handover.gapMs / 1000).toFixed(1)} s`);
      expect(handover.gapMs).toBeLessThan(TAKEOVER_LIMIT_MS);
      expect(lab.nodeOf(handover.to).name).not.toBe(owner);

      // What was killed comes back, and takes nothing away.
      lab.node(owner).speaker.restart();
      await lab.node(owner).speaker.ready();
      const page = await lab.client.curl(address);
      expect(page.status).toBe(200);
      const recording = await recorder.stop();
      expect(recording.twoAnswered).toEqual([]);
      expect(recording.handovers).toHaveLength(1);
    },
  );

  test(
    'gives the address up at once on SIGTERM, and another takes it without waiting for the lease to end',
    { timeout: 60_000 },
    async () => {
      const recorder = await lab.client.askEvery(10, address, 50_000);
      await lab.waitFor('an answer', () => recorder.firstAnswer());
      await lab.node(owner).speaker.stop();
      const handover = await lab.waitFor('another answerer', () => recorder.handovers[0]);
      console.log(`owner stopped: another answered after ${handover.gapMs.toFixed(0)} ms`);
      lab.node(owner).speaker.restart();
      await lab.node(owner).speaker.ready();
      const recording = await recorder.stop();
      expect(recording.twoAnswered).toEqual([]);
    },
  );

  test(
    'that is frozen and thaws answers nothing that is no longer its own',
    { timeout: 90_000 },
    async () => {
      const recorder = await lab.client.askEvery(10, address, 80_000);
      await lab.waitFor('an answer', () => recorder.firstAnswer());
      lab.node(owner).speaker.freeze();
      await lab.waitFor('another answerer', () => recorder.handovers[0], TAKEOVER_LIMIT_MS + 5_000);
      lab.node(owner).speaker.thaw();
      await lab.waitFor(
        'the thawed speaker to be well',
        async () => (await lab.node(owner).speaker.ready()) !== undefined,
        30_000,
      );
      const recording = await recorder.stop();
      expect(recording.twoAnswered).toEqual([]);
      expect(recording.handovers).toHaveLength(1);
    },
  );

  test(
    'stays the owner when the API server is killed and comes back; no address is lost, and the daemons recover by themselves',
    { timeout: 120_000 },
    async () => {
      const before = await allShown(lab);
      const recorder = await lab.client.askEvery(10, address, 110_000);
      await lab.waitFor('an answer', () => recorder.firstAnswer());
      await lab.apiServer.kill();
      await lab.apiServer.start();
      await lab.service({ name: 'afterwards' });
      const [fresh = ''] = await lab.addresses('afterwards', 'default', 60_000);
      expect(await lab.client.arp(fresh, 30_000)).toBeDefined();
      const answered = await lab.client.arp(address, 20_000);
      expect(lab.nodeOf(answered?.mac ?? '').name).toBe(owner);
      const recording = await recorder.stop();
      console.log(
        `API server killed and started again: longest silence ${recording.longestSilenceMs.toFixed(0)} ms`,
      );
      expect(recording.answerers).toHaveLength(1);
      expect(await allShown(lab)).toMatchObject(before);
    },
  );
});
