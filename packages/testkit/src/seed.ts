/**
 * The seed of this run: `SEED` where it is set, so that a failure can be replayed, else `fallback`.
 *
 * Print it in the message of every assertion that depends on it.
 */
export function seedFromEnvironment(fallback: number): number {
  const given = process.env['SEED'];
  if (given === undefined) return fallback;
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new TypeError(`SEED must be a whole number, not "${given}"`);
  return seed;
}
