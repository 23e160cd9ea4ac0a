const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a duration as Go and Kubernetes spell it (`300ms`, `15s`, `1m30s`, `0`) into milliseconds, or `undefined` where the
 * text is none. Only `ms`, `s`, `m` and `h` are units here.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  }
  return totalMs;
}

/** The shortest spelling of whole milliseconds that `parseDuration` reads back: `90000` is `90s`, `1500` is `1500ms`. */
export function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
