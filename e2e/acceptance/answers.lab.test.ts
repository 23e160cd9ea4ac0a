import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';
import { run } from '../lab/run.ts';
import { applyPools } from './pools.ts';

let lab: Lab;
let address: string;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'sim' });
  await lab.startDaemons();
  await applyPools(lab);
  await lab.service({ name: 'web' });
  [address = ''] = await lab.addresses('web');
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

/** For two rounds of questions by both others, and the twenty each that make sure. */
const NOTICED_LIMIT_MS = 90_000;

/** The switch loses ARP replies of a node from now on; all else of it passes. */
async function loseReplies(node: string): Promise<void> {
  const table = `table bridge lossy {
    chain forward {
      type filter hook forward priority 0
      iifname "${node}" arp operation reply drop
    }
  }
  `;
  await run(['nft', '-f', '-'], { netns: 'lan', input: table });
}

test(
  'a node whose kernel has the address on an interface, as with kube-proxy in IPVS mode, is named with its hardware address, and nothing moves',
  { timeout: 2 * NOTICED_LIMIT_MS },
  async () => {
    const answer = await lab.client.arp(address, 30_000);
    const owner = lab.nodeOf(answer?.mac ?? '');
    const [stray, witness] = lab.nodes.filter((node) => node !== owner);
    if (stray === undefined || witness === undefined) throw new Error('two others are needed');
    const onLoopback = ['address', 'add', `${address}/32`, 'dev', 'lo'];
    await run(['ip', ...onLoopback], { netns: stray.name });
    const told = await lab.waitFor(
      'the event',
      async () => (await lab.events('web')).find((event) => event.includes('addressAnsweredTwice')),
      NOTICED_LIMIT_MS,
    );
    expect(told).toContain(`node "${stray.name}" (${stray.mac}) answers for "${address}" on eth0`);
    const gauge = `picluster_l2_wrong_answers{interface="eth0",ip="${address}",fault="answers-too",node="${stray.name}",mac="${stray.mac}"} 1`;
    expect(await witness.speaker.metrics()).toContain(gauge);
    await run(['ip', ...onLoopback.with(1, 'del')], { netns: stray.name });
    await lab.waitFor(
      'the gauge to be gone',
      async () => !(await witness.speaker.metrics()).includes(gauge),
      NOTICED_LIMIT_MS,
    );
    expect((await lab.client.arp(address, 30_000))?.mac).toBe(owner.mac);
    expect((await lab.events('web')).filter((event) => event.includes('Conflict'))).toEqual([]);
  },
);

test(
  'an owner whose heartbeats arrive and whose ARP replies do not loses its addresses to another, and says why',
  { timeout: 2 * NOTICED_LIMIT_MS },
  async () => {
    const answer = await lab.client.arp(address, 30_000);
    const owner = lab.nodeOf(answer?.mac ?? '');
    await loseReplies(owner.name);
    const startMs = performance.now();
    const other = await lab.waitFor(
      'another node to answer',
      async () => {
        const mac = (await lab.client.arp(address, 500))?.mac;
        return mac !== undefined && mac !== owner.mac ? lab.nodeOf(mac) : undefined;
      },
      NOTICED_LIMIT_MS,
    );
    const afterS = (performance.now() - startMs) / 1000;
    console.log(`${other.name} answered ${afterS.toFixed(1)} s after ${owner.name} fell silent`);
    const why = await lab.waitFor('the event', async () =>
      (await lab.events('web')).find((event) => event.includes('addressUnanswered')),
    );
    expect(why).toContain(`node "${owner.name}" does not answer for "${address}" on eth0`);
    expect(why).toContain('2 of 2 other speakers asked in vain');
    expect(await owner.speaker.metrics()).toMatch(/^picluster_l2_set_aside_total\{.*\} 1$/m);
    // The switch is mended, and nothing moves back.
    await run(['nft', 'delete', 'table', 'bridge', 'lossy'], { netns: 'lan' });
    const recorder = await lab.client.askEvery(10, address, 30_000);
    await lab.waitFor('ten seconds', () => recorder.questions.length >= 1000, 30_000);
    await recorder.stop();
    expect(recorder.handovers).toEqual([]);
    expect(new Set(recorder.answers.map(({ mac }) => mac))).toEqual(new Set([other.mac]));
  },
);
