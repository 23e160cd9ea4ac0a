import type { Random } from '../clock.ts';

/** Numbers in [0, 1) for jitter; not for keys. */
export const systemRandom: Random = () => Math.random();
