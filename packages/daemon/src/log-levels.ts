/** Levels that `--log-level` takes, most talkative first. `none` says nothing at all. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'none'] as const;

/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];
