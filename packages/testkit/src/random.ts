/** A source of numbers in `[0, 1)`, with the shape of `Math.random`. */
export type Random = () => number;

/**
 * The mulberry32 generator: the same seed gives the same numbers on every machine.
 *
 * Good enough to draw faults and delays; never for keys.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
