import { readFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import { readL2Keys } from '@picluster/daemon';
import { systemClock } from '@picluster/kube';
import { ETHER_TYPE, L2Election, QUIET_FRAMES } from '@picluster/l2-election';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ElectionPort } from '../src/election-port.ts';
import { soon } from '../src/seams/soon.ts';
import { inLab, pause, SpeakerLab, until } from './seams/speaker-lab.ts';

const V4 = '192.0.2.10';
const LEASE = 'picluster-l2-192-0-2-10';
const SECRET = 'picluster-l2-key';
const NAMESPACE = 'metallb-system';

interface Secret {
  readonly data?: Record<string, string>;
}

/** A broadcast of our EtherType with one byte of text. */
function heartbeatOf(text: number): Uint8Array {
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 9, ETHER_TYPE >> 8, ETHER_TYPE & 0xff, text], 6);
  return frame;
}

describe.skipIf(!inLab)('the speaker as a process, with the strategy wire', () => {
  let lab: SpeakerLab;
  const toClose: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    lab = await SpeakerLab.start();
  });
  afterEach(async () => {
    for (const close of toClose.splice(0)) await close();
    await lab[Symbol.asyncDispose]();
  });

  const secret = (): Secret | undefined =>
    lab.sim.object('v1', 'Secret', SECRET, NAMESPACE) as Secret | undefined;

  function portOn(interfaceName: string): ElectionPort {
    const port = new ElectionPort(interfaceName, { clock: systemClock, log: { warn: () => {} } });
    toClose.push(async () => port.close());
    return port;
  }

  /** Another node's part in the election, in this process, on the other end of the cable. */
  function peer(nodeName: string): { election: L2Election; held: Set<string> } {
    const read = readL2Keys(secret()?.data);
    if (read.kind !== 'keys') throw new Error(read.problem);
    const port = new ElectionPort('veth-client', {
      clock: systemClock,
      log: { warn: () => {} },
    });
    const held = new Set<string>();
    const namespace = lab.sim.object('v1', 'Namespace', 'kube-system');
    const election = new L2Election(
      {
        link: port,
        clock: {
          ...systemClock,
          timer: (ms, fire) => (ms > 0 ? systemClock.timer(ms, fire) : soon(fire)),
        },
        random: Math.random,
        hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
        listener: {
          gained: (address) => void held.add(address),
          lost: (address) => void held.delete(address),
        },
      },
      { nodeName, electorate: namespace?.metadata.uid ?? '', keys: read.keys },
    );
    // Nobody is on its side of the cable whom it could ask.
    election.setAlone(true);
    toClose.push(async () => {
      await election.stop();
      port.close();
    });
    return { election, held };
  }

  test('answers alone on its cable where it is the only node, makes the key, and records itself without a time', async () => {
    lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4, '2001:db8::10']);
    await lab.untilAnswered(V4);
    await lab.untilAnswered('2001:db8::10');
    expect(readL2Keys(secret()?.data)).toMatchObject({ kind: 'keys' });
    await until(() => lab.holder(LEASE) === 'n1');
    const lease = lab.sim.object('coordination.k8s.io/v1', 'Lease', LEASE, NAMESPACE);
    expect(lease?.['spec']).toMatchObject({
      holderIdentity: 'n1',
      leaseTransitions: 1,
      renewTime: null,
    });
    const { resourceVersion } = lease?.metadata ?? {};
    await pause(2500);
    const after = lab.sim.object('coordination.k8s.io/v1', 'Lease', LEASE, NAMESPACE);
    expect(after?.metadata.resourceVersion).toBe(resourceVersion);
  });

  test('is silent while it hears nobody and another node could answer; any reply to its own question wakes it', async () => {
    lab.addNode('n2', '192.0.2.2');
    const { log } = lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4]);
    await until(() => log.some((line) => line.includes('election begun')));
    await pause(3000);
    expect(await lab.ask(V4)).toBeUndefined();
    using _machine = lab.machine('192.0.2.2');
    expect(await lab.untilAnswered(V4)).toBeLessThan(4000);
  });

  test('what is said before somebody listens waits for that, and is no longer known as whole where some of it was lost', async () => {
    const sender = portOn('veth-client');
    const port = portOn('eth0');
    await until(() => sender.up && port.up);
    const sinceMs = port.heardSince() ?? Number.NaN;
    expect(sinceMs).toBeLessThanOrEqual(systemClock.nowMs());
    sender.send(heartbeatOf(1));
    await pause(20);
    expect(port.heardSince()).toBe(sinceMs);
    const heard: number[] = [];
    const listener = {
      onFrame: (frame: Uint8Array) => void heard.push(frame[14] ?? 0),
      onKept: () => {},
      onBatch: (deliver: () => void) => deliver(),
      onLink: () => {},
    };
    port.listen(listener);
    await until(() => heard.length === 1);
    expect(heard).toEqual([1]);

    const late = portOn('eth0');
    await until(() => late.up);
    const lateMs = late.heardSince() ?? Number.NaN;
    for (let count = 0; count < 5000; count++) sender.send(heartbeatOf(2));
    await pause(20);
    const nowMs = systemClock.nowMs();
    expect(late.heardSince()).toBeGreaterThanOrEqual(nowMs);
    expect(late.heardSince()).toBeGreaterThan(lateMs);
    late.listen(listener);
    heard.length = 0;
    sender.send(heartbeatOf(3));
    await until(() => heard.includes(3));
  });

  test('a port at rest keeps quiet frames and knows how long; what is news comes at once', async () => {
    const sender = portOn('veth-client');
    const port = portOn('eth0');
    await until(() => sender.up && port.up);
    const { version, flags } = QUIET_FRAMES;
    const [quiet, unlisted] = flags.values.map((value) =>
      heartbeatOf(1).with(version.at, version.value).with(flags.at, value),
    );
    // A frame of another kind has other things there.
    const news = heartbeatOf(1).with(flags.at, flags.values[0] ?? 0);
    const heard: string[] = [];
    port.listen({
      onFrame: (frame) => void heard.push(`news ${frame[flags.at]}`),
      onKept: (frame, waitedMs) => void heard.push(`kept ${frame[flags.at]} ${waitedMs > 15}`),
      onBatch: (deliver) => deliver(),
      onLink: () => {},
    });
    port.rest(true);
    await pause(20);
    heard.length = 0;
    for (const frame of [quiet, unlisted, news]) sender.send(frame ?? news);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['news 8']);
    await pause(20);
    port.readAll();
    expect(heard).toEqual(['news 8', 'kept 8 true', 'kept 12 true']);
    port.rest(false);
    sender.send(quiet ?? news);
    await until(() => heard.length === 4);
    expect(heard[3]).toBe('kept 8 false');
  });

  test('a second one on the node waits, and takes over when the first is killed', async () => {
    const first = lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    const second = lab.speaker({ strategy: 'wire', port: 19_130 });
    await until(() => second.log.some((line) => line.includes('waiting for its end')));
    await pause(500);
    expect(second.log.some((line) => line.includes('election begun'))).toBe(false);
    first.process.kill('SIGKILL');
    await until(() => first.process.signalCode !== null);
    const silentMs = await lab.untilAnswered(V4);
    console.log(`the second one answered ${silentMs.toFixed(0)} ms after the first was killed`);
    expect(silentMs).toBeLessThan(4000);
  });

  test('a second one on the node goes on where the first stopped: no other node takes anything, and hardly a question is missed', async () => {
    lab.addNode('n2', '192.0.2.2');
    using _machine = lab.machine('192.0.2.2');
    const first = lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4, '2001:db8::10']);
    await lab.untilAnswered(V4);
    const { election, held } = peer('n2');
    election.stand(V4);
    await pause(1500);
    const { boot } = onlyPeer(election);
    const second = lab.speaker({ strategy: 'wire', port: 19_130 });
    await until(() => second.log.some((line) => line.includes('election prepared')));
    await pause(500);
    first.process.kill('SIGTERM');
    let silentMs = 0;
    for (let answeredMs = performance.now(); first.process.exitCode === null;) {
      if ((await lab.ask(V4, 5)) === undefined) continue;
      silentMs = Math.max(silentMs, performance.now() - answeredMs);
      answeredMs = performance.now();
    }
    console.log(`silent for ${silentMs.toFixed(0)} ms, asked again and again`);
    expect(first.process.exitCode).toBe(0);
    expect(second.log.some((line) => line.includes('"inherited":true'))).toBe(true);
    expect(silentMs).toBeLessThan(500);
    await pause(2000);
    expect(await lab.ask(V4)).toBeDefined();
    expect(await lab.ask('2001:db8::10')).toBeDefined();
    expect([...held]).toEqual([]);
    expect(onlyPeer(election).boot).toBe(boot);
    // It is as good an owner as the first: it hands over like any other.
    second.process.kill('SIGTERM');
    await until(() => held.has(V4));
    await until(() => second.process.exitCode === 0);
  });

  test('hands over on SIGTERM before it ends, and takes over when the other falls silent', async () => {
    lab.addNode('n2', '192.0.2.2');
    using _machine = lab.machine('192.0.2.2');
    const { process: child } = lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    const { election, held } = peer('n2');
    election.stand(V4);
    await pause(1500);
    expect([...held]).toEqual([]);
    const startMs = performance.now();
    child.kill('SIGTERM');
    await until(() => held.has(V4));
    console.log(`handed over ${(performance.now() - startMs).toFixed(0)} ms after SIGTERM`);
    expect(await lab.ask(V4)).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(500);
    await until(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
    const again = lab.speaker({ strategy: 'wire' });
    await until(() => again.log.some((line) => line.includes('election begun')));
    await pause(1500);
    expect([...held]).toEqual([V4]);
    await election.stop();
    expect(await lab.untilAnswered(V4)).toBeLessThan(1000);
  });

  test('leaves an address to a machine that has it, names it, and takes it when that is gone', async () => {
    const machine = lab.machine(V4);
    lab.speaker({ strategy: 'wire' });
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
    expect(lab.holder(LEASE)).toBeUndefined();
    machine[Symbol.dispose]();
    const mac = readFileSync('/sys/class/net/eth0/address', 'utf8').trim();
    await lab.untilAnswered(V4, 90_000);
    expect(await lab.ask(V4, 1000)).toBe(mac);
  }, 120_000);

  test('goes on with the last good keys when the Secret makes no sense, and says so', async () => {
    lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    lab.sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: SECRET, namespace: NAMESPACE },
      data: { keys: Buffer.from('hello').toString('base64') },
    });
    const readyz = async (): Promise<string> =>
      await (await fetch('http://127.0.0.1:19121/readyz')).text();
    for (let tries = 0; !(await readyz()).includes('line 1'); tries++) {
      if (tries > 100) throw new Error(await readyz());
      await pause(50);
    }
    expect(await lab.ask(V4)).toBeDefined();
  });

  test('is not woken by questions for other addresses, however many', async () => {
    const { process: child } = lab.speaker({ strategy: 'wire' });
    lab.applyService('web', [V4]);
    await lab.untilAnswered(V4);
    await pause(3000);
    const idle = await cpuMs(child.pid, async () => await pause(2000));
    let sent = 0;
    const busy = await cpuMs(child.pid, async () => {
      sent = await lab.storm(2000, 50);
    });
    console.log(`CPU in 2 s: ${idle} ms idle, ${busy} ms with ${sent} questions for others`);
    expect(sent).toBeGreaterThan(20_000);
    expect(busy).toBeLessThan(idle + 100);
  });
});

/** What an election knows of the one other node. */
function onlyPeer(election: L2Election): { readonly boot: number } {
  const [peer] = election.state.peers.values();
  if (peer === undefined) throw new Error('no peer');
  return peer;
}

/** The processor time that a process takes during something, in steps of 10 ms. */
async function cpuMs(pid: number | undefined, during: () => Promise<void>): Promise<number> {
  const read = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const before = read();
  await during();
  return read() - before;
}
