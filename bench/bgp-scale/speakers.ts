// How long it takes from a BGPAdvertisement until four routers have the address of each Service, what CPU that costs the speaker, and what it then holds: our speaker beside MetalLB's in
// its native mode.
//
//   npx node --conditions=@picluster/source bench/bgp-scale/speakers.ts [--services 1000,10000] [--runs 3] [--peer metallb|none]
//
// A real API server and one node, in namespaces of their own; the routers are GoBGP's (Debian: gobgpd). Needs `npm run build`, and Go for Kubernetes and MetalLB's speaker.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Applier } from '../../e2e/lab/manifests.ts';
import { Processes } from '../../e2e/lab/processes.ts';
import { waitFor } from '../../e2e/lab/wait-for.ts';
import { ensureMetallb } from '../built.ts';
import { NAMESPACE } from '../controller-scale/contestant.ts';
import { cpuSeconds, memory } from '../controller-scale/process-usage.ts';
import { Cluster, NODE } from '../footprint/cluster.ts';
import { metallb, picluster, type Contestant } from '../footprint/contestants.ts';
import { inPrivateNamespaces } from '../in-lab.ts';
import { addAddresses, pairs, Receiver, senderAsn } from './receiver.ts';

const ROUTERS = 4;
const API_PORT = 50_100;
const POLL_MS = 10;
const LIMIT_MS = 180_000;
/** V8 and Go have collected what a burst left by then. */
const REST_MS = 15_000;
const ADVERTISEMENTS = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/bgpadvertisements`;

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '1000,10000' },
    runs: { type: 'string', default: '3' },
    peer: { type: 'string', default: 'metallb' },
  },
});

/** What was seen of one run: until all have all, and what the speaker used of the CPU and holds afterwards. */
type Reading = readonly [ms: number, cpuMs: number, residentMb: number, anonymousMb: number];
const ROWS = [
  'until all routers have all, ms',
  'CPU of the speaker until then, ms',
  'at rest afterwards, resident, MB',
  'of that anonymous, MB',
];

async function contestants(folder: string): Promise<readonly Contestant[]> {
  const ours = picluster('speaker', NODE.name, folder);
  if (values.peer === 'none') return [ours];
  return [ours, metallb('speaker', NODE.name, folder, await ensureMetallb('speaker'))];
}

/** Only BGP is measured: nothing is answered for by ARP. */
async function prepare(cluster: Cluster): Promise<void> {
  const { api } = cluster.controlPlane;
  await api.delete(`/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/l2advertisements/big`);
  await new Applier(api).apply(
    pairs(ROUTERS).map(({ remote, local, asn }, at) => ({
      apiVersion: 'metallb.io/v1beta2',
      kind: 'BGPPeer',
      metadata: { name: `router-${at}`, namespace: NAMESPACE },
      spec: { myASN: senderAsn, peerASN: asn, peerAddress: remote, sourceAddress: local },
    })),
  );
}

/** Fresh routers, a fresh speaker, and an advertisement once all sessions are established. */
async function measure(
  cluster: Cluster,
  processes: Processes,
  contestant: Contestant,
  services: number,
  folder: string,
): Promise<Reading> {
  const { api } = cluster.controlPlane;
  await using stack = new AsyncDisposableStack();
  const routers = pairs(ROUTERS).map((each, at) =>
    stack.use(new Receiver(folder, API_PORT + at, [each])),
  );
  for (const router of routers) await waitFor('a router', async () => await router.answers());
  const account = contestant.account;
  const kubeconfig = await cluster.controlPlane.kubeconfigForServiceAccount(NAMESPACE, account);
  const speaker = processes.start(contestant.start(kubeconfig));
  stack.defer(async () => void (await speaker.kill()));
  for (const router of routers) {
    await waitFor('a session', async () => await router.isEstablished(), LIMIT_MS).catch(
      (cause: unknown) => {
        throw new Error(`its log ends:\n${speaker.output()}`, { cause });
      },
    );
  }
  await untilAtRest(speaker.pid);
  const cpu = cpuSeconds(speaker.pid);
  const startedMs = performance.now();
  await api.create(ADVERTISEMENTS, {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'BGPAdvertisement',
    metadata: { name: 'big', namespace: NAMESPACE },
    spec: {},
  });
  stack.defer(async () => await api.delete(`${ADVERTISEMENTS}/big`));
  const isLate = (): boolean => performance.now() - startedMs > LIMIT_MS;
  for (const router of routers) {
    while (!isLate() && (await router.prefixes()) < services) await sleep(POLL_MS);
  }
  // Who is not done by then is not waited for any longer.
  if (isLate()) return [Infinity, NaN, NaN, NaN];
  const ms = performance.now() - startedMs;
  const cpuMs = (cpuSeconds(speaker.pid) - cpu) * 1000;
  await untilAtRest(speaker.pid);
  await sleep(REST_MS);
  const { residentMb, anonymousMb } = memory(speaker.pid);
  return [ms, cpuMs, residentMb, anonymousMb];
}

async function untilAtRest(pid: number): Promise<void> {
  for (let used = 1; used > 0.05;) {
    const before = cpuSeconds(pid);
    await sleep(2000);
    used = (cpuSeconds(pid) - before) / 2;
  }
}

function median(readings: readonly Reading[], at: number): number {
  const sorted = readings.map((reading) => reading[at] ?? NaN).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Nothing is printed of who was not done in time, but that. */
function cell(value: number, digits: number = 0): string {
  if (value === Infinity) return `over ${LIMIT_MS}`;
  return Number.isNaN(value) ? '' : value.toFixed(digits);
}

await inPrivateNamespaces(import.meta.filename, async (folder) => {
  addAddresses(ROUTERS);
  mkdirSync(path.join(folder, 'state'));
  const all = await contestants(folder);
  await using cluster = await Cluster.start('real', folder);
  await prepare(cluster);
  const processes = new Processes(path.join(folder, 'logs'));
  const print = (cells: readonly string[]): void =>
    void process.stdout.write(`| ${cells.join(' | ')} |\n`);
  print(['Services', '', ...all.map(({ name }) => name), 'ours : peer']);
  print(['---:', '---', ...all.map(() => '---:'), '---:']);
  for (const services of values.services.split(',').map(Number)) {
    await cluster.useServices(services);
    const columns: Reading[][] = [];
    for (const contestant of all) {
      const readings: Reading[] = [];
      for (let run = 0; run < Number(values.runs); run += 1) {
        const reading = await measure(cluster, processes, contestant, services, folder);
        process.stderr.write(`${services} ${contestant.name}: ${reading.map(Math.round).join()}\n`);
        readings.push(reading);
      }
      columns.push(readings);
    }
    for (const [at, name] of ROWS.entries()) {
      const [ours = NaN, peer = NaN] = columns.map((readings) => median(readings, at));
      const cells = columns.map((readings) => cell(median(readings, at)));
      print([String(services), name, ...cells, cell(ours / peer, 2)]);
    }
  }
  await processes.stop();
  return true;
});
