import { slimKube } from '@picluster/kube/esbuild-plugin';
import { defineConfig, type Options } from 'tsup';

/** One file that runs under plain `node`, with everything in it. */
const options: Options = {
  entry: { main: 'src/main.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // tsc writes its declarations and its build information into the same folder.
  clean: false,
  noExternal: [/.*/],
  esbuildPlugins: [slimKube()],
  esbuildOptions: (esbuild) => {
    esbuild.conditions = ['@picluster/source'];
    esbuild.legalComments = 'none';
    // Smaller, but with the names that a stack trace needs.
    esbuild.minifyWhitespace = true;
    esbuild.minifySyntax = true;
  },
  // Dependencies in CommonJS ask for Node's own modules by require(), which a module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

export default defineConfig(options);
