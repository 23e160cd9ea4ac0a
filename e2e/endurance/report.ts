import { growthOf, median, type Course } from './bounds.ts';
import type { EnduranceReport } from './endurance.ts';
import type { Vitals } from './vitals.ts';

/** A report in words and a table, as Markdown. */
export function reportText(report: EnduranceReport): string {
  const { tally, courses, readiness, settledMs, tookMs, problems, logs } = report;
  const worst = Math.max(...settledMs) / 1000;
  const { asked } = readiness;
  return [
    `${(tookMs / 60_000).toFixed(1)} minutes. ${[...tally].map(([what, times]) => `${times} ${what}`).join('; ')}.`,
    `All was right again after at most ${worst.toFixed(1)} s, ${settledMs.length} times.`,
    `/readyz was asked ${asked.ready} times when it had to say yes, ${asked['not ready']} when no, ${asked.either} when either; wrong for a moment ${readiness.moments} times, three times in a row ${readiness.lies.length} times.`,
    '',
    '| | ' + COLUMNS.map(([title]) => title).join(' | ') + ' |',
    '| --- |' + ' --- |'.repeat(COLUMNS.length),
    ...[...courses].map(
      ([name, course]) => `| ${[name, ...COLUMNS.map(([, cell]) => cell(course))].join(' | ')} |`,
    ),
    '',
    ...problems.map((problem) => `PROBLEM: ${problem}`),
    problems.length === 0 ? 'All bounds hold.' : `The logs: ${logs}`,
  ].join('\n');
}

type Column = readonly [title: string, cell: (course: Course) => string];

const thirds = ({ samples }: Course): readonly (readonly Vitals[])[] => {
  const length = Math.floor(samples.length / 3);
  return [samples.slice(0, length), samples.slice(length, -length), samples.slice(-length)];
};

const fromTo = (course: Course, of: (samples: readonly Vitals[]) => number): string =>
  thirds(course)
    .map((samples) => of(samples).toFixed(1))
    .join(' → ');

/** At the first rest, at the last one, and the most in between. */
const atRest =
  (field: 'descriptors' | 'sockets' | 'resources' | 'series'): Column[1] =>
  ({ samples, rests }) =>
    `${rests[0]?.end[field]} → ${rests.at(-1)?.end[field]} (${Math.max(...samples.map((each) => each[field]))})`;

const COLUMNS: readonly Column[] = [
  ['anonymous MB', (course) => fromTo(course, median)],
  [
    'heap floor MB',
    (course) => fromTo(course, (each) => Math.min(...each.map((one) => one.heapMb))),
  ],
  ['descriptors', atRest('descriptors')],
  ['sockets', atRest('sockets')],
  ['active resources', atRest('resources')],
  ['metric series', atRest('series')],
  ['log lines a minute', (course) => growthOf(course).linesPerMinute.toFixed(0)],
  ['at rest', (course) => growthOf(course).linesPerMinuteAtRest.toFixed(1)],
];
