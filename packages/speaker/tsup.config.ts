import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';

// One file with everything in it, from the sources of the workspace; the compiled part of packet-socket beside it in dist/build.
export default defineConfig({
  entry: ['src/main.ts'],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  noExternal: [/.*/],
  esbuildOptions: (options) => {
    options.conditions = ['@picluster/source'];
    options.legalComments = 'none';
    // Smaller, but with the names that a stack trace needs.
    options.minifyWhitespace = true;
    options.minifySyntax = true;
  },
  // Some dependencies are CommonJS and call require for modules of Node.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
  clean: true,
  onSuccess: async () => {
    const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
    cpSync(folder('../packet-socket/build'), folder('./dist/build'), { recursive: true });
  },
});
