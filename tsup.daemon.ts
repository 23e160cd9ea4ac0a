import { readFileSync } from 'node:fs';
import { slimKube } from '@picluster/kube/esbuild-plugin';
import type { Options } from 'tsup';

/** How a daemon is bundled: one file with everything in it, from the sources of the workspace, that runs under plain `node`. */
export function daemonBundle(onSuccess?: () => Promise<void>): Options {
  return {
    entry: { main: 'src/main.ts' },
    format: 'esm',
    target: 'node22',
    platform: 'node',
    // tsc writes its build information into the same folder.
    clean: false,
    noExternal: [/.*/],
    esbuildPlugins: [slimKube()],
    esbuildOptions: (esbuild) => {
      esbuild.define = { ...esbuild.define, ...whichBuild() };
      esbuild.conditions = ['@picluster/source'];
      esbuild.legalComments = 'none';
      // Smaller, but with the names that a stack trace needs.
      esbuild.minifyWhitespace = true;
      esbuild.minifySyntax = true;
    },
    // Dependencies in CommonJS ask for Node's own modules by require(), which an ES module does not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    ...(onSuccess === undefined ? {} : { onSuccess }),
  };
}

/** The version of the package that is bundled, and its commit where the builder knows it: the same sources must give the same file. */
function whichBuild(): Record<string, string> {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const commit = process.env['PICLUSTER_COMMIT'] ?? '';
  return {
    PICLUSTER_VERSION: JSON.stringify(version),
    PICLUSTER_COMMIT: commit === '' ? 'undefined' : JSON.stringify(commit),
  };
}
