import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Asks `probe` until it gives something other than `undefined` or `false`, and resolves with that.
 *
 * Rejects after `timeoutMs`, naming what was waited for and the last error; an error of the probe itself means "not yet".
 */
export async function waitFor<T>(
  description: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs: number = 10_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadlineMs) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`waited ${timeoutMs} ms in vain for ${description}${why}`, { cause: last });
    }
    await sleep(POLL_MS);
  }
}
