import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seedFromEnvironment } from '@picluster/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installDeployment } from '../lab/cluster-setup.ts';
import { type ControlPlane, startControlPlane } from '../lab/control-plane.ts';
import { keepLogs } from '../lab/kept-logs.ts';
import { Applier } from '../lab/manifests.ts';
import { Processes } from '../lab/processes.ts';
import { addressesOf, serviceManifest, type ServiceObject as Service } from '../lab/services.ts';
import { waitFor } from '../lab/wait-for.ts';
import type { PoolObject, ServiceObject } from './cluster-model.ts';
import { makeCertificate } from './certificate.ts';
import { ControllerProgram } from './controller-process.ts';
import { Crew, type Mate } from './crew.ts';
import { Draws } from './draws.ts';
import { History, lossesWithoutCause } from './history.ts';
import { upstreamOf } from './misbehaving-proxy.ts';
import { problemsAtRest } from './oracle.ts';
import { writesOutOfTurn } from './writer-log.ts';

// SEED replays a run; CHAOS_ROUNDS says how often the leader is disturbed.
const seed = seedFromEnvironment(1);
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 10);
const LEASE_MS = 3_000;
const RETRY_MS = 500;
/** The lease runs out, a candidate looks (with its jitter), reads everything, and decides; on a machine that is busy. */
const ASSIGNED_LIMIT_MS = LEASE_MS + 2.2 * RETRY_MS + 2_000;
const LIMIT_PER_ROUND_MS = 40_000;
const LOAD_BALANCER_CLASS = 'chaos.example/crew';
const POOLS = 'crew-pools';
const NAMESPACE = 'crew';
const SERVICES = `/api/v1/namespaces/${NAMESPACE}/services`;

const dir = mkdtempSync(path.join(tmpdir(), 'two-controllers-'));
const processes = new Processes(path.join(dir, 'controllers'));
let controlPlane: ControlPlane;
let crew: Crew;
let made = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ dir, controllerManager: false });
  const { api } = controlPlane;
  await installDeployment(new Applier(api), 'metallb-system');
  for (const name of [POOLS, NAMESPACE])
    await api.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
  await api.create(`/apis/metallb.io/v1beta1/namespaces/${POOLS}/ipaddresspools`, {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'crew' },
    spec: { addresses: ['10.90.0.0/24'] },
  });
  const upstream = upstreamOf(controlPlane);
  const certificate = await makeCertificate();
  const program = new ControllerProgram(dir);
  crew = new Crew({ controlPlane, upstream, certificate, program, processes, dir }, POOLS);
  await crew.start(['anna', 'bert', 'cleo'], ['3s', '2s', '500ms'], LOAD_BALANCER_CLASS);
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(`the logs: ${keepLogs(processes.logFolder)}`);
});

afterAll(async () => {
  await crew?.stop();
  await processes.stop();
  await controlPlane?.stop();
});

/** Makes a Service; gives its name. */
async function createService(): Promise<string> {
  const name = `web-${++made}`;
  await controlPlane.api.create(
    SERVICES,
    serviceManifest({
      name,
      namespace: NAMESPACE,
      spec: { loadBalancerClass: LOAD_BALANCER_CLASS, allocateLoadBalancerNodePorts: false },
    }),
  );
  return name;
}

/** Resolves when a Service has its address, with how long that took. */
async function assigned(name: string, limitMs: number): Promise<number> {
  const startMs = performance.now();
  await waitFor(
    `${name} to have an address`,
    async () => addressesOf(await controlPlane.api.get<Service>(`${SERVICES}/${name}`)).length > 0,
    limitMs,
  );
  return performance.now() - startMs;
}

async function revision(): Promise<string> {
  type List = { readonly metadata: { readonly resourceVersion: string } };
  return (await controlPlane.api.get<List>(SERVICES)).metadata.resourceVersion;
}

const DISTURBANCES = [
  'killed',
  'killed and restarted',
  'frozen',
  'frozen',
  'frozen while it connects',
  'stopped',
  'blinked',
] as const;

/** Disturbs the leader while it has much to write; gives what was done, and how to make up for it once another leads. */
async function disturb(
  draws: Draws,
  leader: Mate,
): Promise<[what: string, afterwards: () => Promise<void>]> {
  const how = draws.pick(DISTURBANCES);
  if (how === 'frozen while it connects') leader.freezeAtNextConnection();
  // More at once than there are connections, so that the leader opens new ones.
  const burst = Array.from({ length: draws.between(4, 16) }, createService);
  if (how !== 'frozen while it connects') await sleep(draws.between(0, 60));
  switch (how) {
    case 'killed':
      await leader.kill();
      break;
    case 'killed and restarted':
      await leader.kill();
      leader.restart();
      break;
    case 'stopped':
      await leader.stop();
      break;
    case 'blinked':
      leader.freeze();
      await sleep(draws.between(50, 1_500));
      leader.thaw();
      break;
    case 'frozen':
      leader.freeze();
      break;
    case 'frozen while it connects':
  }
  await Promise.all(burst);
  const afterwards = async (): Promise<void> => {
    await sleep(draws.between(0, 700));
    if (leader.running) leader.thaw();
    else leader.restart();
  };
  return [how, afterwards];
}

describe('three controllers of which one works', () => {
  test(
    `never do two write, and assignments go on within the lease, whatever happens to the leader: ${rounds} rounds from seed ${seed}`,
    { timeout: rounds * LIMIT_PER_ROUND_MS },
    async () => {
      const draws = Draws.of(seed, 'crew');
      using history = new History();
      history.follow(upstreamOf(controlPlane), [NAMESPACE], POOLS, await revision());
      const account: string[] = [];
      const took: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const leader = await crew.leader();
        const [what, afterwards] = await disturb(draws, leader);
        const name = await createService();
        const ms = Math.round(await assigned(name, ASSIGNED_LIMIT_MS));
        took.push(ms);
        account.push(
          `${leader.name} ${what}: the next Service had its address after ${ms} ms, from ${crew.log.holder}`,
        );
        await afterwards();
        if (draws.chance(0.5)) await deleteSome(draws);
      }
      await Promise.all((await names()).map((name) => assigned(name, ASSIGNED_LIMIT_MS)));
      console.log(
        `seed ${seed}, ${crew.log.reigns.length} reigns, ${crew.log.writes.length} writes\n${account.join('\n')}`,
      );
      const outOfTurn = writesOutOfTurn(crew.log);
      expect(outOfTurn, `SEED=${seed}\n${account.join('\n')}`).toEqual([]);
      // A run in which nothing changed hands or nothing was written would prove nothing.
      expect(crew.log.reigns.length).toBeGreaterThan(rounds / 4);
      expect(crew.log.writes.length).toBeGreaterThan(rounds);
      await waitFor(
        'the last state to be right',
        async () => (await problems()).length === 0,
        5_000,
      );
      expect(lossesWithoutCause(history), `SEED=${seed}`).toEqual([]);
    },
  );

  test('a writer that cares for no Lease is seen', async () => {
    await crew.leader();
    const before = writesOutOfTurn(crew.log).length;
    const name = await createService();
    await assigned(name, ASSIGNED_LIMIT_MS);
    const intruder = await crew.intruder('intruder');
    await intruder.api.patch(`${SERVICES}/${name}/status`, {
      status: { loadBalancer: { ingress: [{ ip: '10.90.0.250' }] } },
    });
    await intruder.stop();
    const found = writesOutOfTurn(crew.log).slice(before);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^intruder: PATCH .*\/status, when (anna|bert|cleo) led/);
  });
});

async function list<T>(from: string): Promise<readonly T[]> {
  return (await controlPlane.api.get<{ readonly items: readonly T[] }>(from)).items;
}

async function names(): Promise<readonly string[]> {
  return (await list<ServiceObject>(SERVICES)).map(({ metadata }) => metadata.name);
}

/** Room for new ones. */
async function deleteSome(draws: Draws): Promise<void> {
  for (const name of draws.some(await names(), 0.5))
    await controlPlane.api.delete(`${SERVICES}/${name}`);
}

async function problems(): Promise<readonly string[]> {
  const pools = await list<PoolObject>(
    `/apis/metallb.io/v1beta1/namespaces/${POOLS}/ipaddresspools`,
  );
  return problemsAtRest({ pools, services: await list<ServiceObject>(SERVICES) });
}
