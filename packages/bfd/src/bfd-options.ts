import { BfdError } from './bfd-error.ts';

/** How a session is watched when nothing else is said: FRR's and MetalLB's choice, 0.9 s until a silent peer is down. */
export const bfdDefaults = {
  transmitIntervalMs: 300,
  receiveIntervalMs: 300,
  detectMultiplier: 3,
} as const;

/** What may change while a session runs. */
export interface BfdTimings {
  /** We want to send no more often than this. Default: 300. */
  readonly transmitIntervalMs?: number;
  /** The peer is asked to send no more often than this. Default: 300. */
  readonly receiveIntervalMs?: number;
  /** After so many missed packets of ours the peer takes us for gone: 1 to 255. Default: 3. */
  readonly detectMultiplier?: number;
}

/** What a session is to be. */
export interface BfdOptions extends BfdTimings {
  /** Sends nothing before the peer does. One side must. Default: false. */
  readonly passive?: boolean;
}

/** {@link BfdOptions} with every default filled in. */
export type BfdSettings = Required<BfdOptions>;

/** An interval is a number of microseconds in 32 bits. */
const INTERVAL_MS_MAX = (2 ** 32 - 1) / 1000;

/**
 * Fills in the defaults and checks all options together.
 *
 * @throws BfdError `bad-options`, its message and `details.problems` naming every problem at once
 */
export function completeBfdOptions(options: BfdOptions): BfdSettings {
  const settings: BfdSettings = {
    transmitIntervalMs: options.transmitIntervalMs ?? bfdDefaults.transmitIntervalMs,
    receiveIntervalMs: options.receiveIntervalMs ?? bfdDefaults.receiveIntervalMs,
    detectMultiplier: options.detectMultiplier ?? bfdDefaults.detectMultiplier,
    passive: options.passive ?? false,
  };
  const problems: string[] = [];
  for (const name of ['transmitIntervalMs', 'receiveIntervalMs'] as const) {
    const value = settings[name];
    if (!(value >= 1 && value <= INTERVAL_MS_MAX)) {
      problems.push(`${name} must be 1 to ${Math.floor(INTERVAL_MS_MAX)}, not ${String(value)}`);
    }
  }
  const { detectMultiplier } = settings;
  if (!Number.isInteger(detectMultiplier) || detectMultiplier < 1 || detectMultiplier > 255) {
    problems.push(`detectMultiplier must be 1 to 255, not ${String(detectMultiplier)}`);
  }
  if (problems.length > 0) throw new BfdError('bad-options', problems.join('; '), { problems });
  return settings;
}
