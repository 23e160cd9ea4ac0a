import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crdManifests } from '@picluster/api';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const NAMESPACE = 'metallb-system';
const WAIT = { timeout: 15_000, interval: 20 };

let sim: KubeSim;
let folder: string;
let running: ChildProcess[];

beforeEach(async () => {
  sim = await startKubeSim();
  folder = mkdtempSync(path.join(tmpdir(), 'picluster-controller-'));
  writeFileSync(path.join(folder, 'kubeconfig'), sim.kubeconfig());
  running = [];
  for (const crd of crdManifests) sim.applyManifest(crd);
  sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
});

afterEach(async () => {
  await Promise.all(running.map((child) => stop(child, 'SIGKILL')));
  await sim.close();
  rmSync(folder, { recursive: true });
});

/** Starts a controller as a process of its own, with a short lease. */
function start(healthPort = 0): ChildProcess {
  return startOn(healthPort, '--lease-duration=2s', '--renew-deadline=1500ms');
}

function startWith(...flags: string[]): ChildProcess {
  return startOn(0, ...flags);
}

function startOn(healthPort: number, ...flags: string[]): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@picluster/source',
      MAIN,
      `--kubeconfig=${path.join(folder, 'kubeconfig')}`,
      '--metrics-port=0',
      `--health-port=${healthPort}`,
      '--retry-period=200ms',
      ...flags,
    ],
    { stdio: 'ignore' },
  );
  running.push(child);
  return child;
}

/** Starts a controller; resolves, as soon as it answers, with what it says on `/readyz`, asked anew at each call. */
async function startAsked(): Promise<() => Promise<string>> {
  const port = await freePort();
  start(port);
  const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
  await vi.waitFor(ask, WAIT);
  return ask;
}

/** A TCP port that nobody listens on; for a daemon, 0 would mean none. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await promisify(server.close.bind(server))();
  return port;
}

/** Ends a process with a signal; resolves with its exit code. */
function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  return exitOf(child);
}

/** Resolves with the exit code of a process that ends. */
function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => void child.once('exit', resolve));
}

function pool(name: string, ...addresses: string[]): void {
  sim.applyManifest({
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name, namespace: NAMESPACE },
    spec: { addresses },
  });
}

function service(name: string, spec: Record<string, unknown> = {}): void {
  sim.applyManifest({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80 }], ...spec },
  });
}

function ingressOf(name: string): string {
  const status = sim.object('v1', 'Service', name, 'default')?.status as
    | { loadBalancer?: { ingress?: { ip: string }[] } }
    | undefined;
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join(',');
}

function eventsOn(name: string): string[] {
  return sim
    .objects('v1', 'Event')
    .filter((event) => (event['involvedObject'] as { name: string }).name === name)
    .map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
}

function holder(): unknown {
  const lease = sim.object('coordination.k8s.io/v1', 'Lease', 'picluster-controller', NAMESPACE);
  return (lease?.['spec'] as { holderIdentity: string } | undefined)?.holderIdentity;
}

function until(check: () => void): Promise<void> {
  return vi.waitFor(check, WAIT);
}

describe('the controller, run against an API server', () => {
  test('gives addresses, says what it refuses and why, and keeps all of it over a restart', async () => {
    const first = start();
    service('early');
    await until(() => expect(eventsOn('early').join()).toContain('no address pool is defined'));

    pool('home', '192.168.1.240-192.168.1.250', 'fd00::/120');
    service('dual', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] });
    service('taken', { loadBalancerIP: '192.168.1.240' });
    await until(() => expect(ingressOf('early')).toBe('192.168.1.240'));
    await until(() => expect(ingressOf('dual')).toBe('192.168.1.241,fd00::'));
    await until(() =>
      expect(eventsOn('taken').join()).toContain(
        '"192.168.1.240" is already in use by default/early',
      ),
    );
    expect(ingressOf('taken')).toBe('');
    const written = sim.object('v1', 'Service', 'early', 'default');
    expect(written?.metadata.annotations).toMatchObject({
      'metallb.io/ip-allocated-from-pool': 'home',
    });

    service('taken', { loadBalancerIP: '192.168.1.250' });
    await until(() => expect(ingressOf('taken')).toBe('192.168.1.250'));
    await until(() =>
      expect(
        sim.object('metallb.io/v1beta1', 'IPAddressPool', 'home', NAMESPACE)?.status,
      ).toMatchObject({
        assignedIPv4: 3,
        assignedIPv6: 1,
        availableIPv4: 8,
      }),
    );

    await stop(first, 'SIGKILL');
    start();
    service('late');
    await until(() => expect(ingressOf('late')).toBe('192.168.1.242'));
    expect(['early', 'dual', 'taken'].map(ingressOf)).toEqual([
      '192.168.1.240',
      '192.168.1.241,fd00::',
      '192.168.1.250',
    ]);
  }, 60_000);

  test('takes over at once from a dead predecessor in its state folder, but not from a frozen one', async () => {
    pool('home', '192.168.1.240/28');
    const lasting = ['--lease-duration=600s', '--renew-deadline=500s', `--state-dir=${folder}`];
    const first = startWith(...lasting);
    service('a');
    await until(() => expect(ingressOf('a')).toBe('192.168.1.240'));
    const held = holder();

    first.kill('SIGSTOP');
    const second = startWith(...lasting);
    const looks = (): number => sim.requests.count({ resource: 'leases', verb: 'get' });
    const before = looks();
    await until(() => expect(looks()).toBeGreaterThan(before + 3));
    expect(holder()).toBe(held);

    await stop(first, 'SIGKILL');
    service('b');
    await until(() => expect(ingressOf('b')).toBe('192.168.1.241'));
    await stop(second, 'SIGKILL');
    startWith(...lasting);
    service('c');
    await until(() => expect(ingressOf('c')).toBe('192.168.1.242'));
    expect(['a', 'b'].map(ingressOf)).toEqual(['192.168.1.240', '192.168.1.241']);
  }, 60_000);

  test('says what is wrong with its state folder, and does not start', async () => {
    expect(await exitOf(startWith('--state-dir=/nowhere'))).toBe(1);
  }, 60_000);

  test('stands by while another leads, and takes over at once when that one stops', async () => {
    pool('home', '192.168.1.240/28');
    const leader = start();
    service('a');
    await until(() => expect(ingressOf('a')).toBe('192.168.1.240'));
    start();
    const before = holder();
    expect(await stop(leader, 'SIGTERM')).toBe(0);
    service('b');
    await until(() => expect(ingressOf('b')).toBe('192.168.1.241'));
    expect(holder()).not.toBe(before);
    expect(ingressOf('a')).toBe('192.168.1.240');
  }, 60_000);

  test('is not ready before somebody leads, and where it leads itself not before it has read what that takes', async () => {
    const noLease = sim.faults.add({ resource: 'leases' }, { kind: 'status', code: 500 });
    const first = await startAsked();
    const nobody = 'election: no controller leads yet\n';
    expect(await first()).toBe(`api: lease not read yet\n${nobody}`);

    const noClaim = sim.faults.add(
      { resource: 'leases', verb: 'create' },
      { kind: 'status', code: 500 },
    );
    noLease[Symbol.dispose]();
    await vi.waitFor(async () => expect(await first()).toBe(nobody), WAIT);

    const noServices = sim.faults.add({ resource: 'services' }, { kind: 'status', code: 500 });
    noClaim[Symbol.dispose]();
    await vi.waitFor(async () => expect(await first()).toBe('api: services not read yet\n'), WAIT);
    const second = await startAsked();
    await vi.waitFor(async () => expect(await second()).toBe('ok\n'), WAIT);
    expect(await first()).toBe('api: services not read yet\n');

    noServices[Symbol.dispose]();
    await vi.waitFor(async () => expect(await first()).toBe('ok\n'), WAIT);
  }, 60_000);

  test('writes nothing while nothing changes, and recovers when the API server fails for a while', async () => {
    pool('home', '192.168.1.240/28');
    start();
    service('a');
    await until(() => expect(ingressOf('a')).toBe('192.168.1.240'));
    sim.faults.add({ resource: 'services' }, { kind: 'reset' });
    service('b');
    sim.expireVersions();
    sim.faults.clear();
    await until(() => expect(ingressOf('b')).toBe('192.168.1.241'));
    const writes = (): number =>
      sim.requests.writes() - sim.requests.writes({ resource: 'leases' });
    await until(() =>
      expect(
        sim.object('metallb.io/v1beta1', 'IPAddressPool', 'home', NAMESPACE)?.status,
      ).toMatchObject({ assignedIPv4: 2 }),
    );
    const settled = writes();
    const leases = sim.requests.count({ resource: 'leases' });
    // Three more renewals are proof enough that time passed.
    await until(() =>
      expect(sim.requests.count({ resource: 'leases' })).toBeGreaterThan(leases + 3),
    );
    expect(writes()).toBe(settled);
  }, 60_000);

  test('keeps a last good pool, says so in its ConfigurationState, and puts a lost answer or a refusal right', async () => {
    pool('home', '192.168.1.240/28');
    start();
    service('a');
    await until(() => expect(ingressOf('a')).toBe('192.168.1.240'));
    const state = (): unknown =>
      sim.object('metallb.io/v1beta1', 'ConfigurationState', 'controller', NAMESPACE)?.status;
    await until(() => expect(state()).toMatchObject({ result: 'Valid' }));
    pool('home', '192.168.1.250-192.168.1.0');
    await until(() =>
      expect(state()).toMatchObject({
        result: 'Invalid',
        errorSummary: expect.stringContaining('parsing address pool home') as string,
      }),
    );
    const accepted = (): unknown =>
      sim.object('metallb.io/v1beta1', 'IPAddressPool', 'home', NAMESPACE)?.status?.['conditions'];
    await until(() => expect(accepted()).toMatchObject([{ status: 'False' }]));
    service('b');
    await until(() => expect(ingressOf('b')).toBe('192.168.1.241'));
    for (const code of [409, 429, 500]) {
      sim.faults.add({ resource: 'services', verb: 'patch', times: 2 }, { kind: 'status', code });
    }
    sim.faults.add(
      { resource: 'services', verb: 'patch', times: 1 },
      { kind: 'reset', executed: true },
    );
    service('c');
    await until(() => expect(ingressOf('c')).toBe('192.168.1.242'));
    expect(ingressOf('a')).toBe('192.168.1.240');
  }, 60_000);
});
