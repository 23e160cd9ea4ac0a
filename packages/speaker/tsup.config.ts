import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';
import { daemonBundle } from '../../tsup.daemon.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// The compiled part of packet-socket stands beside the bundle, in dist/build.
export default defineConfig(
  daemonBundle(async () => {
    cpSync(folder('../packet-socket/build'), folder('./dist/build'), { recursive: true });
  }),
);
