import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';
import { daemonBundle } from '../../tsup.daemon.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// The compiled part of packet-socket stands beside the bundle, in dist/build. A speaker that runs has it mapped into its memory: it must become
// another file, not the same one with other bytes.
export default defineConfig(
  daemonBundle(async () => {
    rmSync(folder('./dist/build'), { recursive: true, force: true });
    cpSync(folder('../packet-socket/build'), folder('./dist/build'), { recursive: true });
  }),
);
