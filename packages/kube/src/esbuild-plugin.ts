/**
 * Makes a bundle with `@picluster/kube` small: 20 MB less memory for an idle daemon.
 *
 * @packageDocumentation
 */
/** The part of esbuild's build that is used here, so that esbuild itself is no dependency. */
export interface EsbuildBuild {
  onResolve(
    options: { filter: RegExp },
    callback: (args: EsbuildResolveArgs) => Promise<object | undefined> | object | undefined,
  ): void;
  onLoad(
    options: { filter: RegExp; namespace: string },
    callback: (args: { path: string }) => object,
  ): void;
  resolve(path: string, options: object): Promise<{ errors: readonly unknown[] }>;
}

/** What esbuild tells of an import. */
export interface EsbuildResolveArgs {
  readonly path: string;
  readonly importer: string;
  readonly resolveDir: string;
  readonly kind: string;
  readonly pluginData?: unknown;
}

/** A plugin for esbuild, or for tsup's `esbuildPlugins`. */
export interface EsbuildPlugin {
  readonly name: string;
  setup(build: EsbuildBuild): void;
}

/**
 * What client-node needs to send requests itself, for WebSockets and for SOCKS proxies; none of it is ever asked of it here. Its undici alone would be a
 * second HTTP client beside Node's own.
 */
const unused = /^(undici|socks|socks-proxy-agent|hpagent|isomorphic-ws)$/;
const unusedParts = 'module.exports = {};';

const seen = 'slim-kube';

/**
 * Leaves out of a bundle what `@kubernetes/client-node` carries along and this package never reaches: generated APIs, undici,
 * WebSocket, SOCKS. Credentials (in-cluster, certificates, exec plugins, OIDC, cloud providers) all stay. What the program itself imports of these
 * stays, too.
 */
export function slimKube(): EsbuildPlugin {
  return {
    name: 'slim-kube',
    setup: (build) => {
      build.onResolve({ filter: unused }, ({ path, importer }) =>
        isClientNode(importer) ? { path, namespace: 'slim-unused' } : undefined,
      );
      build.onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === seen || !(isClientNode(path) || isClientNode(importer)))
          return undefined;
        const resolved = await build.resolve(path, {
          importer,
          resolveDir,
          kind,
          pluginData: seen,
        });
        return { ...resolved, sideEffects: false };
      });
      build.onLoad({ filter: /./, namespace: 'slim-unused' }, () => ({ contents: unusedParts }));
    },
  };
}

function isClientNode(path: string): boolean {
  return path.replaceAll('\\', '/').includes('@kubernetes/client-node');
}
