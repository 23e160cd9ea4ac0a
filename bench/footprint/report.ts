import type { Daemon } from './contestants.ts';
import type { Run } from './measure.ts';

/** All runs of one program with one number of Services. */
export interface Measured {
  readonly name: string;
  readonly daemon: Daemon;
  /** Ours promise something, a peer does not. */
  readonly ours: boolean;
  readonly services: number;
  readonly runs: readonly Run[];
}

/** What both daemons promise: MB resident with at most so many Services. */
const AIMS = [
  { services: 100, residentMb: 65 },
  { services: 2_000, residentMb: 80 },
  { services: 10_000, residentMb: 95 },
] as const;
const READY_MS_MAX = 1_000;

/** The run in the middle, of each quantity by itself. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The promises that the medians break, in words. */
export function broken({ ours, services, runs }: Measured): readonly string[] {
  if (!ours) return [];
  const resident = median(runs.map(({ residentMb }) => residentMb));
  const ready = median(runs.map(({ readyMs }) => readyMs));
  const aim = AIMS.find((each) => services <= each.services);
  return [
    ...(aim !== undefined && resident > aim.residentMb ? [`over ${aim.residentMb} MB`] : []),
    ...(ready > READY_MS_MAX ? [`ready after more than ${READY_MS_MAX / 1_000} s`] : []),
  ];
}

/** Lines of the table, in Markdown: medians, the resident ones with their range; the ratio is to the peer of the same row. */
export function table(all: readonly Measured[]): string {
  const head = [
    '| Services | | resident, MB | anonymous, MB | file pages, MB | ready after, s | resident, ratio | |',
    '|---|---|---|---|---|---|---|---|',
  ];
  return [...head, ...all.map((each) => line(each, all))].join('\n');
}

function line(measured: Measured, all: readonly Measured[]): string {
  const { name, daemon, services, runs } = measured;
  const resident = runs.map(({ residentMb }) => residentMb);
  const range = [Math.min(...resident), Math.max(...resident)].map((mb) => mb.toFixed(1));
  const complaints = broken(measured);
  const cells = [
    services,
    `${name} ${daemon}`,
    `${median(resident).toFixed(1)} (${range.join('–')})`,
    median(runs.map(({ anonymousMb }) => anonymousMb)).toFixed(1),
    median(runs.map(({ residentMb, anonymousMb }) => residentMb - anonymousMb)).toFixed(1),
    (median(runs.map(({ readyMs }) => readyMs)) / 1_000).toFixed(2),
    ratio(measured, all),
    complaints.length > 0 ? `BROKEN: ${complaints.join(', ')}` : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

function ratio({ ours, daemon, services, runs }: Measured, all: readonly Measured[]): string {
  const peer = all.find(
    (each) => !each.ours && each.daemon === daemon && each.services === services,
  );
  if (!ours || peer === undefined) return '';
  const of = (some: readonly Run[]): number => median(some.map(({ residentMb }) => residentMb));
  return (of(runs) / of(peer.runs)).toFixed(2);
}
