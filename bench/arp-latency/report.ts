/** What was measured of one responder: times in microseconds, and how many questions had no answer. */
export interface Measured {
  readonly name: string;
  readonly times: number[];
  lost: number;
}

/** The value that a share of the sorted `times` does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = Math.max(0, Math.ceil(share * sorted.length) - 1);
  const value = sorted[at];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

/** Median of our answers against the kernel's and the Go responder's. */
export interface Verdict {
  readonly timesKernel: number;
  readonly timesGo: number;
  readonly holds: boolean;
}

/** We promise: the median is at most three times the kernel's and under half of the Go responder's; nothing is lost. */
export function judge(kernel: Measured, ours: Measured, go: Measured): Verdict {
  const [k, o, g] = [kernel, ours, go].map(({ times }) =>
    quantile(
      times.toSorted((a, b) => a - b),
      0.5,
    ),
  );
  if (k === undefined || o === undefined || g === undefined) throw new Error('unreachable');
  const timesKernel = o / k;
  const timesGo = o / g;
  return { timesKernel, timesGo, holds: timesKernel <= 3 && timesGo < 0.5 && ours.lost === 0 };
}

/** The table, one line for each responder. */
export function table(all: readonly Measured[]): string {
  const cells = all.map(({ name, times, lost }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const values = [0.5, 0.9, 0.99].map((share) => quantile(sorted, share).toFixed(1));
    return [name, ...values, String(times.length), String(lost)];
  });
  const lines = [['ARP reply, µs', 'p50', 'p90', 'p99', 'answers', 'lost'], ...cells];
  return lines
    .map(([name = '', ...rest]) => name.padEnd(34) + rest.map((cell) => cell.padStart(9)).join(''))
    .join('\n');
}
