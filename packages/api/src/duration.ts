/** A duration as CEL and JSON Schema read it; an empty one is none. */
export const DURATION_PATTERN = '^(0|([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+)?$' as const;

const UNITS_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};

/** Milliseconds of a duration as Go and Kubernetes write them, such as `90s`, `1m30s` or `1.5h`; `undefined` where it is none. Never negative. */
export function durationMs(text: string): number | undefined {
  if (text === '' || !new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/([0-9.]+)([a-z]+)/g)) {
    sum += Number(number) * (UNITS_MS[unit] ?? 0);
  }
  return sum;
}
