// How long an address stays silent when something fails, and whether two ever answer for it: our speakers, and MetalLB's beside them.
//
//   npm run bench:failover -- [--runs 20] [--scenario name,...] [--strategy wire|lease] [--family 4|6|both] [--api real|sim]
//     [--peer metallb|none|alone] [--peer-runs 5] [--idle-s 60] [--real-time] [--keep folder] [--speaker folder-of-another-bundle]
//
// Three nodes, a client that asks every 10 ms, and Kubernetes' own API server, in network namespaces that are gone when it ends. Needs
// `npm run build`, a C compiler, and Go for Kubernetes and MetalLB's speaker (built once; without it ours runs alone). Exit code 1: one of our promises does not hold.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureMetallb } from '../built.ts';
import { inPrivateNamespaces } from '../in-lab.ts';
import { metallb, picluster, type Contestant, type Strategy } from './contestant.ts';
import { idleTable, measureIdle, type Idle } from './idle.ts';
import { loadBroken, loadTable, measureLatency, type Latency } from './load.ts';
import { DEFINITIONS } from './recording.ts';
import { broken, isStalled, isUnproven, table, type Measured } from './report.ts';
import { runOnce, type RunResult } from './run.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { Stage, type Family } from './stage.ts';

/** Services on the stage, each with an address of each family. */
const SERVICES = 4;
const IDLE_ADDRESSES = 100;
/** So many times as many runs as asked for, at most, where the machine stands still in some. */
const ATTEMPTS = 2;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    'peer-runs': { type: 'string', default: '5' },
    scenario: { type: 'string', default: 'all' },
    strategy: { type: 'string', default: 'wire' },
    family: { type: 'string', default: 'both' },
    api: { type: 'string', default: 'real' },
    peer: { type: 'string', default: 'metallb' },
    'idle-s': { type: 'string', default: '60' },
    'real-time': { type: 'boolean', default: false },
    keep: { type: 'string' },
    speaker: { type: 'string' },
  },
});

function positive(name: 'runs' | 'peer-runs' | 'idle-s'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} must be a whole number of at least 1, not "${values[name]}"`);
  return number;
}

function oneOf<T extends string>(name: keyof typeof values, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === values[name]);
  if (found === undefined)
    throw new Error(`--${name} must be ${allowed.join(' or ')}, not "${values[name]}"`);
  return found;
}

/** Rows that are no failures, with a table of their own. */
const OTHERS = ['idle', 'load'] as const;

/** Which rows to measure. */
function chosen(): { failures: readonly Scenario[]; idle: boolean; load: boolean } {
  const known = [...scenarios.map(({ name }) => name), ...OTHERS];
  const names = values.scenario === 'all' ? known : values.scenario.split(',');
  for (const name of names)
    if (!known.includes(name))
      throw new Error(`--scenario: there is no "${name}"; there are ${known.join(', ')}`);
  return {
    failures: scenarios.filter(
      ({ name, needsRealApi }) =>
        names.includes(name) && !(needsRealApi === true && values.api === 'sim'),
    ),
    idle: names.includes('idle'),
    load: names.includes('load'),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Who is measured, and how often. */
async function contestants(
  dataFolder: string,
): Promise<readonly (readonly [Contestant, number])[]> {
  const strategy = oneOf<Strategy>('strategy', ['wire', 'lease']);
  const peer = oneOf('peer', ['metallb', 'none', 'alone']);
  const others = peer === 'none' ? [] : await peers(dataFolder);
  if (peer === 'alone') return others;
  return [[await picluster(strategy, dataFolder, values.speaker), positive('runs')], ...others];
}

/** MetalLB, or nobody and a word on why not. */
async function peers(dataFolder: string): Promise<readonly (readonly [Contestant, number])[]> {
  if (oneOf('api', ['real', 'sim']) === 'sim') {
    say('MetalLB needs --api real, so ours runs alone');
    return [];
  }
  try {
    return [[metallb(await ensureMetallb('speaker'), dataFolder), positive('peer-runs')]];
  } catch (error) {
    say(`MetalLB's speaker cannot be built here, so ours runs alone: ${String(error)}`);
    return [];
  }
}

/** A scenario so many times, with a word on each; again where the machine stood still. */
async function repeat(
  stage: Stage,
  scenario: Scenario,
  runs: number,
  dataFolder: string,
): Promise<Measured> {
  const { contestant } = stage;
  const results: RunResult[] = [];
  const isCalm = (run: RunResult): boolean => !isStalled(scenario, run);
  for (let turn = 0; turn < ATTEMPTS * runs && results.filter(isCalm).length < runs; turn++) {
    const evidence = await runOnce(stage, scenario, turn, dataFolder);
    const { result } = evidence;
    results.push(result);
    const seen = [...result.families].map(
      ([family, { silenceMs, twoMs, moves }]) =>
        `IPv${family} ${silenceMs.toFixed(0)} ms, two ${twoMs.toFixed(0)} ms, ${moves} moves`,
    );
    const complaints = broken(scenario, contestant, result);
    const stalled = isCalm(result)
      ? ''
      : ` (machine stood still for ${result.stallMs.toFixed(0)} ms)`;
    const head = `${contestant.name}, ${scenario.name} ${turn + 1}/${runs}${stalled}`;
    say(`${head}: ${seen.join('; ')}${complaints.length > 0 ? ` — ${complaints.join('; ')}` : ''}`);
    if (complaints.length > 0 && values.keep !== undefined)
      evidence.keep(path.join(values.keep, `${scenario.name}-${turn + 1}`), complaints.join('; '));
  }
  return { scenario, contestant, runs: results };
}

/** Everything that was measured of all contestants. */
interface Results {
  readonly failures: Measured[];
  readonly idle: Idle[];
  readonly latencies: Latency[];
}

async function measureOne(stage: Stage, runs: number, folder: string, all: Results): Promise<void> {
  const { failures, idle, load } = chosen();
  const count = stage.families.length;
  for (const scenario of failures) {
    if (scenario.only !== undefined && scenario.only !== stage.contestant.strategy) continue;
    await stage.useServices(Math.ceil((scenario.addresses ?? SERVICES * count) / count));
    all.failures.push(await repeat(stage, scenario, runs, folder));
  }
  if (load) {
    await stage.useServices(SERVICES);
    all.latencies.push(...(await measureLatency(stage)));
  }
  if (idle) {
    await stage.useServices(IDLE_ADDRESSES / count);
    all.idle.push(await measureIdle(stage, positive('idle-s')));
  }
}

async function measure(dataFolder: string): Promise<boolean> {
  const family = oneOf('family', ['4', '6', 'both']);
  const families: readonly Family[] = family === 'both' ? ['4', '6'] : [family];
  const kubernetes = oneOf('api', ['real', 'sim']);
  const all: Results = { failures: [], idle: [], latencies: [] };
  for (const [contestant, runs] of await contestants(dataFolder)) {
    const realTime = values['real-time'];
    const options = { contestant, families, kubernetes, dataFolder, realTime, say };
    await using stage = await Stage.start(options, SERVICES);
    await measureOne(stage, runs, dataFolder, all);
  }
  return report(all, families);
}

/** Prints the tables; false where a promise of ours is broken. */
function report(all: Results, families: readonly Family[]): boolean {
  const inOrder = chosen().failures.flatMap((scenario) =>
    all.failures.filter((each) => each.scenario === scenario),
  );
  const parts = [
    ...(inOrder.length > 0 ? [table(inOrder, families), DEFINITIONS] : []),
    ...(all.latencies.length > 0 ? [loadTable(all.latencies)] : []),
    ...(all.idle.length > 0 ? [idleTable(all.idle)] : []),
  ];
  const complaints = [
    ...inOrder.flatMap(({ scenario, contestant, runs }) =>
      runs.flatMap((run, i) =>
        broken(scenario, contestant, run).map((what) => `${scenario.name} ${i + 1}: ${what}`),
      ),
    ),
    ...inOrder
      .filter(isUnproven)
      .map(({ scenario }) => `${scenario.name}: the machine was too busy to tell`),
    ...all.idle.flatMap((idle) => idle.broken),
    ...loadBroken(all.latencies),
  ];
  const verdict =
    complaints.length === 0
      ? 'Nothing that we promise was broken.'
      : `BROKEN:\n${complaints.map((each) => `- ${each}`).join('\n')}`;
  const text = values.peer === 'alone' ? parts : [...parts, verdict];
  process.stdout.write(`${text.join('\n\n')}\n`);
  return complaints.length === 0;
}

await inPrivateNamespaces(import.meta.filename, measure);
