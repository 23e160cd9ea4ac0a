import { afterEach } from 'vitest';
import type { Lab } from './lab.ts';

/** Copies the lab's logs out of it whenever a test of this file or block failed, and prints where they are. */
export function keepLogsOfFailures(current: () => Lab | undefined): void {
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    const folder = current()?.keepLogs();
    if (folder !== undefined) console.error(`the logs of "${task.name}": ${folder}`);
  });
}
