const CALM_BYTES = 2 ** 20;

/** Whether nothing much happened between two looks at a heap: less than 1 MB is the murmur of a process at rest, a renewal, a scrape, a scavenge. */
export function isCalm(usedBefore: number, usedNow: number): boolean {
  return Math.abs(usedNow - usedBefore) < CALM_BYTES;
}
