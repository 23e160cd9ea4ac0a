import { isIPv4 } from 'node:net';
import { quantile } from '../arp-latency/report.ts';
import { cpuSeconds } from '../controller-scale/process-usage.ts';
import { run } from '../../e2e/lab/run.ts';
import { compiled } from './programs.ts';
import type { Stage } from './stage.ts';

/** How long an ARP request waited for its answer, in one condition. Times in microseconds. */
export interface Latency {
  readonly who: string;
  readonly condition: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly answers: number;
  readonly lost: number;
  /** Unrelated broadcasts in the segment, as many as could be sent. */
  readonly noisePerSecond: number;
  /** Of one core, the answering speaker's. */
  readonly cpuPercent: number;
}

const REQUESTS = 4_000;
const WARM_UP = 1_000;
const PAUSE_US = 2_000;
const NOISE_PER_SECOND = 50_000;
const LIMIT_MS = 300_000;

/** An ARP request's answer from a speaker that has nothing else to do, and from one with a busy machine and segment around it. */
export async function measureLatency(stage: Stage): Promise<readonly Latency[]> {
  const owners = await stage.reset();
  const [address, owner] = [...owners].find(([each]) => isIPv4(each)) ?? [];
  if (address === undefined || owner === undefined)
    throw new Error('no IPv4 address is answered for');
  const { pid } = stage.speaker(owner);
  const who = stage.contestant.name;
  await ask(address, WARM_UP);
  const calm = await during(pid, async () => await ask(address, REQUESTS));
  const hog = stage.lab.startProcess({
    name: 'hog',
    netns: owner.name,
    command: ['sh', '-c', 'while :; do :; done'],
  });
  let said = '';
  const noise = stage.lab.startProcess({
    name: 'noise',
    netns: 'cp',
    command: [await compiled('noise'), 'eth0', String(NOISE_PER_SECOND), String(LIMIT_MS)],
    onLine: (line) => (said = line),
  });
  const loaded = await during(pid, async () => await ask(address, REQUESTS));
  await noise.stop();
  await hog.kill();
  const [frames = 0, seconds = 1] = said.split(' ').map(Number);
  const noisePerSecond = frames / seconds;
  return [
    { who, condition: 'nothing else', noisePerSecond: 0, ...calm },
    { who, condition: 'CPU hog and broadcasts', noisePerSecond, ...loaded },
  ];
}

/** Ours under load against the peer's: the promise is a better p99. */
export function loadBroken(all: readonly Latency[]): readonly string[] {
  const loaded = all.filter(({ noisePerSecond }) => noisePerSecond > 0);
  const [ours, peer] = loaded;
  if (ours === undefined || peer === undefined || ours.p99 < peer.p99) return [];
  return [`p99 under load ${ours.p99.toFixed(0)} µs, ${peer.who} ${peer.p99.toFixed(0)} µs`];
}

/** Lines of the table, in Markdown. */
export function loadTable(all: readonly Latency[]): string {
  const head = [
    '| ARP answer, µs | beside it | p50 | p99 | max | answers | lost | broadcasts/s | CPU |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  const lines = all.map((each) => {
    const times = [each.p50, each.p99, each.max].map((us) => us.toFixed(0));
    const counts = [each.answers, each.lost, each.noisePerSecond.toFixed(0)];
    const cells = [
      each.who,
      each.condition,
      ...times,
      ...counts,
      `${each.cpuPercent.toFixed(1)} %`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}

type Times = Omit<Latency, 'who' | 'condition' | 'noisePerSecond' | 'cpuPercent'>;

async function during(
  pid: number,
  work: () => Promise<Times>,
): Promise<Times & Pick<Latency, 'cpuPercent'>> {
  const cpuBefore = cpuSeconds(pid);
  const startedMs = performance.now();
  const times = await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  return { ...times, cpuPercent: ((cpuSeconds(pid) - cpuBefore) / seconds) * 100 };
}

/** One question at a time from the client, ahead of all else that runs: the waiting is for the speaker. */
async function ask(address: string, requests: number): Promise<Times> {
  const prober = await compiled('latency');
  const words = ['eth0', address, String(requests), String(PAUSE_US)];
  const output = await run(['chrt', '-f', '10', prober, ...words], {
    netns: 'client',
    timeoutMs: LIMIT_MS,
  });
  const lines = output.trim().split('\n');
  const times = lines.filter((line) => line !== 'lost').map(Number);
  const sorted = times.sort((a, b) => a - b);
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: quantile(sorted, 1),
    answers: sorted.length,
    lost: lines.length - sorted.length,
  };
}
