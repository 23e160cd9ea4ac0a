import type { Random } from './clock.ts';

/** How a failing thing is tried again: delays double from `baseMs` up to `maxMs`. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The delay before try number `failures + 1`, for `failures` ≥ 1: doubled for each failure, capped, then spread over its upper half so that
 * many clients do not come back in step. Never more than `maxMs`.
 */
export function backoffMs(options: BackoffOptions, failures: number, random: Random): number {
  const fullMs = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures - 1, 40));
  return fullMs * (0.5 + random() / 2);
}
