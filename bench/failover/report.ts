import type { Evaluation } from './recording.ts';
import { worst } from './recording.ts';
import type { RunResult } from './run.ts';
import { STALL_MAX_MS, type Aim, type Scenario } from './scenario.ts';
import type { Contestant } from './contestant.ts';
import type { Family } from './stage.ts';

/** All runs of a scenario by one contestant. */
export interface Measured {
  readonly scenario: Scenario;
  readonly contestant: Contestant;
  /** With those in which the machine stood still. */
  readonly runs: readonly RunResult[];
}

/** Whether the machine stood still, so that a silence may be its own. */
export function isStalled(
  { stallMaxMs = STALL_MAX_MS }: Scenario,
  { stallMs }: RunResult,
): boolean {
  return stallMs > stallMaxMs;
}

/** What of a run breaks a promise of ours, in words; nothing for a peer. */
export function broken(
  scenario: Scenario,
  { strategy }: Contestant,
  run: RunResult,
): readonly string[] {
  if (strategy === undefined) return [];
  const promised = scenario.aims[strategy];
  // Two answerers are never the machine's fault.
  const aim = isStalled(scenario, run) ? { twoMs: promised.twoMs ?? 0 } : promised;
  const ofFamilies = [...run.families].flatMap(([family, evaluation]) =>
    brokenBy(aim, evaluation).map((what) => `IPv${family}: ${what}`),
  );
  const { failures = [], made = 0 } = run.connected ?? {};
  if (aim.allConnect !== true || failures.length === 0) return ofFamilies;
  return [...ofFamilies, `${failures.length} of ${made} connections failed: ${failures[0]}`];
}

function brokenBy(aim: Aim, { silenceMs, twoMs, moves }: Evaluation): readonly string[] {
  return [
    ...(Math.round(twoMs) > (aim.twoMs ?? 0) ? [`two answered for ${twoMs.toFixed(0)} ms`] : []),
    ...(aim.silenceMs !== undefined && Math.round(silenceMs) > aim.silenceMs
      ? [`silent for ${silenceMs.toFixed(0)} ms, aim ${aim.silenceMs}`]
      : []),
    ...(aim.moves !== undefined && moves > aim.moves
      ? [`moved ${moves} times, aim ${aim.moves}`]
      : []),
  ];
}

/** The middle of the values; of an even number the upper one of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const HEAD = [
  'scenario',
  'who',
  'IPv',
  'runs + stalled',
  'silence ms median',
  'worst',
  'aim',
  'two ms worst',
  'moves worst',
  'announced median',
  'heartbeat B/s',
  'writes/min',
  'connections failed + cut',
  '',
] as const;

/** The table, in Markdown: a line for each scenario, contestant and family. */
export function table(all: readonly Measured[], families: readonly Family[]): string {
  const lines = all.flatMap((measured) =>
    families.flatMap((family) => {
      const cells = cellsOf(measured, family);
      return cells === undefined ? [] : [cells];
    }),
  );
  const widths = HEAD.map((head, i) =>
    Math.max(head.length, ...lines.map((cells) => cells[i]?.length ?? 0)),
  );
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [row(HEAD), rule, ...lines.map(row)].join('\n');
}

/** The runs in which the machine did not stand still; all where it always did. */
function calm({ scenario, runs }: Measured): readonly RunResult[] {
  const found = runs.filter((run) => !isStalled(scenario, run));
  return found.length > 0 ? found : runs;
}

function cellsOf(measured: Measured, family: Family): readonly string[] | undefined {
  const { scenario, contestant, runs } = measured;
  const evaluations = calm(measured).flatMap((run) => run.families.get(family) ?? []);
  if (evaluations.length === 0) return undefined;
  const most = worst(evaluations);
  // Whatever the machine does, two may not answer.
  const { twoMs } = worst(runs.flatMap((run) => run.families.get(family) ?? []));
  const aim = contestant.strategy && scenario.aims[contestant.strategy];
  const of = (value: (run: RunResult) => number | undefined): number[] =>
    calm(measured).flatMap((run) => value(run) ?? []);
  const writes = of((run) => run.writesPerMinute);
  const made = of((run) => run.connected?.made).reduce((sum, each) => sum + each, 0);
  const failed = of((run) => run.connected?.failures.length).reduce((sum, each) => sum + each, 0);
  const cut = of((run) => run.connected?.cut).reduce((sum, each) => sum + each, 0);
  const stalled = runs.filter((run) => isStalled(scenario, run)).length;
  return [
    scenario.title,
    contestant.name,
    family,
    `${runs.length - stalled} + ${stalled}`,
    median(evaluations.map(({ silenceMs }) => silenceMs)).toFixed(0),
    most.silenceMs.toFixed(0),
    aim?.silenceMs === undefined ? '' : `≤ ${aim.silenceMs}`,
    twoMs.toFixed(0),
    String(most.moves),
    String(median(evaluations.map(({ announcements }) => announcements))),
    median(of((run) => run.heartbeatBytesPerSecond)).toFixed(0),
    writes.length === 0 ? '' : median(writes).toFixed(0),
    made === 0 ? '' : `${failed} + ${cut} of ${made}`,
    verdict(measured, family),
  ];
}

/** True where the machine stood still in each run: then no aim was shown to hold. */
export function isUnproven({ scenario, contestant, runs }: Measured): boolean {
  return contestant.strategy !== undefined && runs.every((run) => isStalled(scenario, run));
}

function verdict(measured: Measured, family: Family): string {
  const { scenario, contestant, runs } = measured;
  if (contestant.strategy === undefined) return '';
  const bad = runs.filter((run) =>
    broken(scenario, contestant, run).some(
      (what) => !/^IPv[46]/.test(what) || what.startsWith(`IPv${family}`),
    ),
  );
  if (bad.length > 0) return `BROKEN in ${bad.length}`;
  return isUnproven(measured) ? 'machine too busy' : 'holds';
}
