// How long new connections fail when one of three nodes that a router spreads them over dies: our speaker with BFD, FRR on the nodes in its place (as in
// MetalLB's FRR mode) with the same BFD, and our speaker with nothing but the hold time.
//
//   npx node --conditions=@picluster/source bench/bgp-failover/main.ts [--runs 10] [--hold-runs 3]
//
// Real Kubernetes and kube-proxy, FRR as the router, in network namespaces that are gone when it ends. Needs `npm run build` and FRR (Debian: frr).
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { BgpCluster } from '../../e2e/bgp-mode/bgp-cluster.ts';
import { nowMs } from '../../e2e/lab/asker.ts';
import { inPrivateNamespaces } from '../in-lab.ts';
import { frr, picluster, type Contestant } from './contestants.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    'hold-runs': { type: 'string', default: '3' },
  },
});

/** Attempts go in so many rows beside each other; two of three would find a node that lives. */
const ROWS = 3;
/** One that takes longer has failed: a first packet that is lost comes again after a second only. */
const LIMIT_MS = 200;
const BEFORE_MS = 500;
const AFTER_MS = 1500;

/** One node dies; gives how long connections that were begun after that still failed, and how many did. */
async function measure(
  cluster: BgpCluster,
  contestant: Contestant,
  address: string,
): Promise<{ readonly silentMs: number; readonly failed: number }> {
  const prefix = `${address}/32`;
  await contestant.ready();
  await cluster.routed(prefix, 'n1', 'n2', 'n3');
  const rows = Array.from({ length: ROWS }, () => cluster.connect(address, LIMIT_MS));
  await sleep(BEFORE_MS);
  const diedMs = nowMs();
  await contestant.kill('n1');
  await cluster.routed(prefix, 'n2', 'n3');
  await sleep(AFTER_MS);
  const connected = await Promise.all(rows.map(async (each) => await each.stop()));
  await contestant.revive('n1');
  const failures = connected.flatMap((each) => each.failures.map(({ beganMs }) => beganMs));
  return { silentMs: Math.max(0, ...failures.map((ms) => ms - diedMs)), failed: failures.length };
}

function row(name: string, all: readonly { silentMs: number; failed: number }[]): string {
  const times = all.map(({ silentMs }) => silentMs).toSorted((one, other) => one - other);
  const at = (share: number): string =>
    (times[Math.ceil(times.length * share) - 1] ?? NaN).toFixed(0);
  const failed = all.reduce((sum, each) => sum + each.failed, 0) / all.length;
  return `| ${name} | ${all.length} | ${at(0.5)} | ${at(1)} | ${failed.toFixed(1)} |`;
}

async function bench(): Promise<boolean> {
  await using cluster = await BgpCluster.start({ bfd: true });
  await cluster.apply('BFDProfile', 'quick');
  await cluster.advertise('web');
  // What reaches a node that lives must not be handed on to one that died.
  const [, address] = await cluster.service('web', { podsOn: ['n2', 'n3'] });
  const contestants = [
    [picluster(cluster, { bfdProfile: 'quick' }), Number(values.runs)],
    [picluster(cluster, { holdTime: '9s' }), Number(values['hold-runs'])],
    [frr(cluster, address), Number(values.runs)],
  ] as const;
  console.log('| on the nodes | runs | silent ms, p50 | worst | connections that failed |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [contestant, runs] of contestants) {
    await contestant.start();
    const all = [];
    for (let run = 0; run < runs; run++) all.push(await measure(cluster, contestant, address));
    console.log(row(contestant.name, all));
    await contestant.stop();
  }
  return true;
}

await inPrivateNamespaces(import.meta.filename, bench);
