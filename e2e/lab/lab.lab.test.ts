import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from './failures.ts';
import { Lab } from './lab.ts';
import { run } from './run.ts';

const EXTERNAL4 = '192.168.77.99';
const EXTERNAL6 = 'fd77::99';

describe.each(['real', 'sim'] as const)('the lab with Kubernetes %s', (kubernetes) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ nodes: 3, kubernetes });
  });

  afterAll(async () => {
    await lab?.stop();
  });

  keepLogsOfFailures(() => lab);

  test('nobody answers for an address that nobody has', async () => {
    expect(await lab.client.arp(EXTERNAL4, 300)).toBeUndefined();
    expect(await lab.client.ndp(EXTERNAL6, 300)).toBeUndefined();
  });

  test('a client reaches every pod through a node that answers for the external address', async () => {
    const service = await lab.service({ name: 'web', family: 'dual' });
    expect(service.spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    await lab.setAddresses('web', [EXTERNAL4, EXTERNAL6]);
    expect(await lab.addresses('web')).toEqual([EXTERNAL4, EXTERNAL6]);
    if (kubernetes === 'sim') await lab.standInForKubeProxy('web');
    await run(['ip', 'address', 'add', `${EXTERNAL4}/32`, 'dev', 'eth0'], { netns: 'n2' });
    await run(['ip', 'address', 'add', `${EXTERNAL6}/128`, 'dev', 'eth0', 'nodad'], {
      netns: 'n2',
    });

    const answer = await lab.client.arp(EXTERNAL4);
    expect(lab.nodeOf(answer?.mac ?? '').name).toBe('n2');
    expect(lab.nodeOf((await lab.client.ndp(EXTERNAL6))?.mac ?? '').name).toBe('n2');

    const seen = new Set<string>();
    await lab.waitFor(
      'all pods to answer over both families',
      async () => {
        for (const address of [EXTERNAL4, EXTERNAL6]) {
          const { ok, body } = await lab.client.curl(address, 500);
          if (ok) seen.add(`${body.trim()} ${address}`);
        }
        return seen.size === 6;
      },
      20_000,
    );
  });

  test('a recording shows silence while the link is down, and the answerer after it', async () => {
    const recorder = await lab.client.askEvery(10, EXTERNAL4);
    await lab.waitFor('a first answer', () => recorder.firstAnswer());
    await lab.node('n2').linkDown();
    const downMs = recorder.answers.at(-1)?.atMs ?? 0;
    await lab.waitFor(
      'twenty questions in vain',
      () => recorder.questions.filter((atMs) => atMs > downMs + 20).length > 20,
    );
    await lab.node('n2').linkUp();
    await lab.waitFor('an answer again', () => recorder.firstAnswer(downMs + 200));
    await recorder.stop();
    expect(recorder.longestSilenceMs).toBeGreaterThan(200);
    expect(recorder.answerers).toEqual([lab.node('n2').mac]);
    expect(recorder.twoAnswered).toEqual([]);
    expect(recorder.handovers).toEqual([]);
  });

  test('two machines with one address are both heard', async () => {
    await run(['ip', 'address', 'add', `${EXTERNAL4}/32`, 'dev', 'eth0'], { netns: 'n3' });
    const recorder = await lab.client.askEvery(10, EXTERNAL4);
    await lab.waitFor('both to answer', () => recorder.answerers.length === 2);
    await run(['ip', 'address', 'delete', `${EXTERNAL4}/32`, 'dev', 'eth0'], { netns: 'n3' });
    await recorder.stop();
    expect(recorder.twoAnswered.length).toBeGreaterThan(0);
  });

  test('a capture shows the frames of the LAN with their times', async () => {
    const capture = await lab.capture();
    await lab.client.arp(EXTERNAL4);
    const frames = await capture.stop();
    expect(frames.some(({ bytes }) => bytes[12] === 0x08 && bytes[13] === 0x06)).toBe(true);
    expect(capture.toPcap().length).toBeGreaterThan(24);
  });

  test('a partition cuts a node from the API server, and not from ARP', async () => {
    const node = lab.node('n2');
    const reach = async (): Promise<boolean> => {
      const words = [
        'curl',
        '-sk',
        '--max-time',
        '0.5',
        'https://192.168.77.10:6443/readyz',
      ] as const;
      return await run(words, { netns: 'n2' }).then(
        () => true,
        () => false,
      );
    };
    expect(await reach()).toBe(true);
    await node.partition();
    expect(await reach()).toBe(false);
    expect((await lab.client.arp(EXTERNAL4))?.mac).toBe(node.mac);
    await node.heal();
    expect(await reach()).toBe(true);
  });

  test('kubectl sees the Service and the nodes', async () => {
    expect(await lab.kubectl('get', 'service', 'web')).toContain(EXTERNAL4);
    expect((await lab.kubectl('get', 'nodes', '--output=name')).trim().split('\n')).toHaveLength(3);
  });

  test.runIf(kubernetes === 'real')(
    'the API server can be killed and comes back with its objects',
    async () => {
      await lab.apiServer.kill();
      await expect(lab.api.get('/readyz')).rejects.toThrow('ECONNREFUSED');
      await lab.apiServer.start();
      expect(await lab.addresses('web')).toEqual([EXTERNAL4, EXTERNAL6]);
    },
  );
});
