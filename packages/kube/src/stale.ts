import type { Reflector } from './reflector.ts';

/**
 * The first of `reflectors` (names and reflectors, as `Object.entries` gives them) that is not to be trusted, as a sentence that names it; `undefined`: all are fresh. `limitMs` is how long one may hear
 * nothing; a watch that dies silently is noticed after 90 s, so shorter limits cry wolf.
 */
export function staleReflector(
  reflectors: Iterable<readonly [name: string, Pick<Reflector<unknown>, 'synced' | 'staleMs'>]>,
  limitMs: number = STALE_LIMIT_MS,
): string | undefined {
  for (const [name, reflector] of reflectors) {
    if (!reflector.synced) return `${name} not read yet`;
    const staleMs = reflector.staleMs();
    if (staleMs > limitMs) return `${name} not heard of for ${Math.round(staleMs / 1000)} s`;
  }
  return undefined;
}

/** Long enough for a reconnection, short enough to tell an operator in time. */
export const STALE_LIMIT_MS = 120_000;
