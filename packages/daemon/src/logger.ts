import type { LogLevel } from './log-levels.ts';
import { wallTime } from './seams/wall-time.ts';
import { destination, pino } from 'pino';

/** The log as our libraries want it: constant text, flat fields. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * A log of one JSON object a line on standard output: `level`, `ts` (RFC 3339), `component`, `msg`, then the fields. An `Error` under any
 * key is written with its type, message, stack and code.
 *
 * Lines are written synchronously: the last words of a process that is about to die are the ones that matter.
 */
export function createLogger(
  component: string,
  level: LogLevel,
  stream: { write(line: string): unknown } = destination({ dest: 1, sync: true }),
): Logger {
  const logger = pino(
    {
      level: level === 'none' ? 'silent' : level,
      base: { component },
      messageKey: 'msg',
      timestamp: () => `,"ts":"${wallTime()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void stream.write(line) },
  );
  const write =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Record<string, unknown>): void => {
      if (logger.isLevelEnabled(name)) logger[name](plain(fields), message);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function plain(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? describeError(value) : value,
    ]),
  );
}

function describeError(error: Error): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}
