import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inLab, pause, SpeakerLab, until } from './seams/speaker-lab.ts';

const V4 = '192.0.2.10';
const V6 = '2001:db8::10';
const LEASE = 'picluster-l2-192-0-2-10';

describe.skipIf(!inLab)('the speaker as a process', () => {
  let lab: SpeakerLab;
  beforeEach(async () => {
    lab = await SpeakerLab.start();
  });
  afterEach(async () => {
    await lab[Symbol.asyncDispose]();
  });
  const ready = async (): Promise<boolean> =>
    fetch('http://127.0.0.1:19121/readyz').then(
      (answer) => answer.ok,
      () => false,
    );
  async function untilReady(): Promise<void> {
    const endMs = performance.now() + 10_000;
    while (!(await ready())) {
      if (performance.now() > endMs) throw new Error('not ready');
      await pause(20);
    }
  }

  test('answers ARP and NDP for a dual-stack Service within a second, with its own hardware address', async () => {
    lab.speaker();
    await untilReady();
    lab.applyService('web', [V4, V6]);
    expect(await lab.untilAnswered(V4)).toBeLessThan(1000);
    await lab.untilAnswered(V6);
    const mac = readFileSync('/sys/class/net/eth0/address', 'utf8').trim();
    expect(await lab.ask(V4)).toBe(mac);
    expect(await lab.ask(V6)).toBe(mac);
    expect(await lab.ask('192.0.2.11')).toBeUndefined();
  });

  test('says so: an event on the Service once, the gauge, the counters, the Lease', async () => {
    lab.speaker();
    lab.applyService('web', [V4, V6]);
    await lab.untilAnswered(V4);
    const events = (): Record<string, unknown>[] =>
      lab.sim.objects('v1', 'Event').filter((event) => event['reason'] === 'nodeAssigned');
    await until(() => events().length > 0);
    await pause(1500);
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      type: 'Normal',
      message: 'announcing from node "n1" with protocol "layer2"',
      involvedObject: { kind: 'Service', namespace: 'default', name: 'web' },
      source: { component: 'metallb-speaker' },
      count: 1,
    });
    const metrics = await (await fetch('http://127.0.0.1:19120/metrics')).text();
    expect(metrics).toContain(
      `metallb_speaker_announced{service="default/web",protocol="layer2",node="n1",ip="${V4}"} 1`,
    );
    expect(metrics).toMatch(/metallb_layer2_requests_received\{ip="192\.0\.2\.10"\} [1-9]/);
    expect(metrics).toMatch(/metallb_layer2_responses_sent\{ip="192\.0\.2\.10"\} [1-9]/);
    expect(metrics).toMatch(/metallb_layer2_gratuitous_sent\{ip="192\.0\.2\.10"\} [1-9]/);
    expect(lab.holder(LEASE)).toMatch(/^n1_[0-9a-f-]{36}$/);
    const lease = lab.sim.object('coordination.k8s.io/v1', 'Lease', LEASE, 'metallb-system');
    expect(lease?.metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'picluster' });
  });

  test('is silent after SIGTERM, gives its leases up and ends within seconds', async () => {
    const { process: child } = lab.speaker();
    lab.applyService('web', [V4, V6]);
    await lab.untilAnswered(V6);
    const over = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const startMs = performance.now();
    child.kill('SIGTERM');
    expect(await over).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(await lab.ask(V4)).toBeUndefined();
    expect(lab.holder(LEASE)).toBe('');
    expect(lab.holder('picluster-l2-2001-db8--10')).toBe('');
  });

  test('stops answering when the Service goes, and answers for the next one', async () => {
    lab.speaker();
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    lab.sim.deleteObject('v1', 'Service', 'web', 'default');
    await until(() => lab.holder(LEASE) === '');
    expect(await lab.ask(V4)).toBeUndefined();
    lab.applyService('mail', [V4]);
    await lab.untilAnswered(V4);
  });

  test('goes on answering without the API server until its deadline, then is silent, and goes on by itself afterwards', async () => {
    lab.speaker();
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    const holder = lab.holder(LEASE);
    const outage = lab.sim.faults.add({}, { kind: 'reset' });
    expect(await lab.ask(V4)).toBeDefined();
    await pause(2100);
    expect(await lab.ask(V4)).toBeUndefined();
    outage[Symbol.dispose]();
    await lab.untilAnswered(V4);
    expect(lab.holder(LEASE)).toBe(holder);
  });

  test('takes the address of a speaker that was killed when its lease is over, and not before', async () => {
    const first = lab.speaker();
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    first.process.kill('SIGKILL');
    await until(() => first.process.signalCode !== null);
    const killedMs = performance.now();
    lab.speaker();
    await lab.untilAnswered(V4);
    const silentMs = performance.now() - killedMs;
    expect(silentMs).toBeGreaterThan(1900);
    expect(silentMs).toBeLessThan(7000);
  });

  test('leaves an address to a machine that has it, names it, and takes it when that is gone', async () => {
    const machine = lab.machine(V4);
    lab.speaker();
    lab.applyService('web', [V4]);
    const warning = (): string | undefined => {
      const found = lab.sim
        .objects('v1', 'Event')
        .find((event) => event['reason'] === 'addressConflict');
      return found?.['message'] as string | undefined;
    };
    await until(() => warning() !== undefined);
    expect(warning()).toContain('02:00:00:00:00:77');
    await pause(1500);
    expect(await lab.ask(V4)).toBeUndefined();
    machine[Symbol.dispose]();
    const mac = readFileSync('/sys/class/net/eth0/address', 'utf8').trim();
    await lab.untilAnswered(V4, 90_000);
    expect(await lab.ask(V4)).toBe(mac);
  }, 120_000);

  test('takes the address from no other node whose kernel answers for it too, and calls it no conflict', async () => {
    const kernel = [lab.machine('192.0.2.2'), lab.machine(V4)];
    lab.addNode('n2', '192.0.2.2');
    lab.speaker();
    await untilReady();
    lab.applyService('other', ['192.0.2.11']);
    await lab.untilAnswered('192.0.2.11');
    // It has asked who the nodes are.
    await pause(6000);
    lab.applyService('web', [V4]);
    await until(() => lab.holder(LEASE)?.startsWith('n1_') === true);
    const mac = readFileSync('/sys/class/net/eth0/address', 'utf8').trim();
    for (const machine of kernel) machine[Symbol.dispose]();
    await lab.untilAnswered(V4, 2000);
    expect(await lab.ask(V4)).toBe(mac);
    expect(lab.sim.objects('v1', 'Event').map((event) => event['reason'])).not.toContain(
      'addressConflict',
    );
  });

  test('answers again after its interface was deleted and made anew', async () => {
    lab.speaker();
    lab.applyService('web', [V4, V6]);
    await lab.untilAnswered(V4);
    const before = await lab.ask(V4);
    lab.flap();
    await lab.untilAnswered(V4);
    await lab.untilAnswered(V6);
    expect(await lab.ask(V4)).not.toBe(before);
  });
});
