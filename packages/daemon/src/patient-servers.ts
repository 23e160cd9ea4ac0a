import type { HttpServers } from './http-servers.ts';

/** How often a port that is in use is tried again. */
const PAUSE_MS = 200;

/** What patience takes. */
export interface PatienceDeps {
  readonly pause: (ms: number) => Promise<void>;
  readonly log: { info(message: string, fields?: Record<string, unknown>): void };
}

/**
 * Starts servers as `start` does, and again and again where another process has a port of theirs. Resolves when they run, or, with none, when the signal
 * aborts; rejects for any other reason.
 */
export async function startWhenFree(
  start: () => Promise<HttpServers>,
  { pause, log }: PatienceDeps,
  signal: AbortSignal,
): Promise<HttpServers | undefined> {
  let isTold = false;
  while (!signal.aborted) {
    try {
      return await start();
    } catch (error) {
      const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
      if (code !== 'EADDRINUSE') throw error;
      if (!isTold) log.info('waiting for a port that another process has', { port });
      isTold = true;
    }
    await pause(PAUSE_MS);
  }
  return undefined;
}
