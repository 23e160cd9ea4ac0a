import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LabProcess, Processes } from '../lab/processes.ts';
import { waitFor } from '../lab/wait-for.ts';

const READY_LIMIT_MS = 30_000;

/** Runs a daemon of ours in this namespace (`name` names its log), and resolves when `/readyz` says yes. Rejects with its log's end where it ends before. */
export async function startDaemon(
  processes: Processes,
  daemon: 'controller' | 'speaker',
  options: { name?: string; healthPort: number; metricsPort?: number; args: readonly string[] },
): Promise<LabProcess> {
  const { name = daemon, healthPort, metricsPort = 0, args } = options;
  const program = fileURLToPath(new URL(`../../packages/${daemon}/dist/main.mjs`, import.meta.url));
  if (!existsSync(program)) throw new Error(`${daemon} is not built: npm run build`);
  const started = processes.start({
    name,
    command: [
      process.execPath,
      program,
      `--health-port=${healthPort}`,
      `--metrics-port=${metricsPort}`,
      ...args,
    ],
  });
  await waitFor(
    `the ${daemon} to be ready`,
    async () => !started.running || (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok,
    READY_LIMIT_MS,
  );
  if (!started.running) throw new Error(`the ${daemon} ended:\n${started.output()}`);
  return started;
}
