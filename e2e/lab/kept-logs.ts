import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../scripts/cache.mjs';

/** Copies a folder of logs to where it outlives the lab, in place of the copy made before, and gives that folder. */
export function keepLogs(logFolder: string): string {
  const kept = path.join(cacheRoot(), 'logs-of-last-failure');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  cpSync(logFolder, kept, { recursive: true });
  return kept;
}
