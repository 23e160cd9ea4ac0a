import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { slimKube } from '@picluster/kube/esbuild-plugin';
import { isBuiltin } from 'node:module';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Parts of Node that are used by their functions alone, and that take milliseconds to load: not before the first of these is asked for. */
const loadedLate = new Set(
  ['child_process', 'dgram', 'http', 'https', 'net', 'tls', 'util', 'zlib'].map(
    (name) => `node:${name}`,
  ),
);

/**
 * Asks for Node's own modules by require() instead of an import: who imports one has all of its exports read, and so has loaded what Node would load
 * when it is used: fetch, WebSocket, WebCrypto. That is 3 MB of memory and a third of the time until the daemon is ready. The bundler's own way from require() to an import reads them, too; it
 * does not look at what is inherited.
 */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup: (build) => {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'import-statement' && path !== 'node:module' && isBuiltin(path)
        ? { path, namespace: 'builtin' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: loadedLate.has(path)
        ? `module.exports = Object.create(new Proxy({}, { get: (_, name) => require('${path}')[name] }))`
        : `module.exports = require('${path}')`,
    }));
  },
};

/**
 * Leaves out what prom-client loads at once and no daemon uses: its own figures of the process, for which it takes OpenTelemetry along, quantiles, clusters of
 * processes, and the push gateway.
 */
const slimMetrics: Plugin = {
  name: 'slim-metrics',
  setup: (build) => {
    const unused = /^\.\/lib\/(defaultMetrics|summary|cluster|pushgateway)$/;
    build.onResolve({ filter: unused }, ({ path, importer }) =>
      importer.endsWith('/prom-client/index.js')
        ? { path, namespace: 'unused-metrics' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'unused-metrics' }, () => ({
      contents: 'module.exports = {}',
    }));
  },
};

/**
 * How a daemon is bundled, from the sources of the workspace, so that it runs under plain `node`: `main.mjs` with everything in it, and, of what it imports while it runs, a file each, with what
 * both need in `chunk.mjs`.
 */
export function daemonBundle(onSuccess?: () => Promise<void>): Options {
  return {
    entry: { main: 'src/main.ts' },
    format: 'esm',
    target: 'node22',
    platform: 'node',
    splitting: true,
    outExtension: () => ({ js: '.mjs' }),
    // tsc writes its build information into the same folder.
    clean: false,
    noExternal: [/.*/],
    removeNodeProtocol: false,
    esbuildPlugins: [builtinsByRequire, slimKube(), slimMetrics],
    esbuildOptions: (esbuild) => {
      esbuild.define = { ...esbuild.define, ...whichBuild() };
      esbuild.conditions = ['@picluster/source'];
      esbuild.chunkNames = '[name]';
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

/**
 * Puts the compiled part of packet-socket beside the bundle of the package in `folder`, in `dist/build`. A daemon that runs has it mapped into its memory: it must become another file,
 * not the same one with other bytes.
 */
export function withAddon(folder: string): () => Promise<void> {
  const target = join(folder, 'dist/build');
  return async () => {
    rmSync(target, { recursive: true, force: true });
    cpSync(join(folder, '../packet-socket/build'), target, { recursive: true });
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
