/**
 * Makes a bundle with `@picluster/kube` small: 12 MB less memory for an idle daemon.
 *
 * @packageDocumentation
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

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

/** The only parts of undici that a KubeConfig and our client touch; its index loads fetch, WebSocket, caches and mocks as well. */
const undiciParts = `
  const Dispatcher = require('./lib/dispatcher/dispatcher');
  Dispatcher.prototype.request = require('./lib/api/api-request');
  module.exports = {
    Agent: require('./lib/dispatcher/agent'),
    ProxyAgent: require('./lib/dispatcher/proxy-agent'),
    DecoratorHandler: require('./lib/handler/decorator-handler'),
  };
`;

/** What client-node needs for WebSockets and SOCKS proxies only; neither is ever asked of it here. */
const unused = /^(socks|socks-proxy-agent|hpagent|isomorphic-ws)$/;
const unusedParts = `
  export class SocksProxyAgent {} export class SocksClient {} export class HttpProxyAgent {} export class HttpsProxyAgent {}
  export default undefined;
`;

/** undici asks for HTTP/2 as it is loaded, and does without where there is none. Ours never speaks it. */
const noHttp2 = `module.exports = { constants: {} };`;

const seen = 'slim-kube';

/**
 * Leaves out of a bundle what `@kubernetes/client-node` and `undici` carry along and this package never reaches: generated APIs, fetch,
 * WebSocket, HTTP/2, SOCKS. Credentials (in-cluster, certificates, exec plugins, OIDC, cloud providers) all stay.
 *
 * The whole bundle gets this undici: a program that uses more of it than `Agent`, `ProxyAgent`, `DecoratorHandler` and `dispatcher.request` must
 * not use the plugin.
 */
export function slimKube(): EsbuildPlugin {
  const undiciFolder = dirname(createRequire(import.meta.url).resolve('undici'));
  return {
    name: 'slim-kube',
    setup: (build) => {
      build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'slim-undici' }));
      build.onResolve({ filter: /^node:http2$/ }, ({ path, importer }) =>
        isUndici(importer) ? { path, namespace: 'slim-http2' } : undefined,
      );
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
      build.onLoad({ filter: /./, namespace: 'slim-undici' }, () => ({
        contents: undiciParts,
        resolveDir: undiciFolder,
      }));
      build.onLoad({ filter: /./, namespace: 'slim-http2' }, () => ({ contents: noHttp2 }));
      build.onLoad({ filter: /./, namespace: 'slim-unused' }, () => ({ contents: unusedParts }));
    },
  };
}

function isUndici(path: string): boolean {
  return path.replaceAll('\\', '/').includes('/undici/');
}

function isClientNode(path: string): boolean {
  return path.replaceAll('\\', '/').includes('@kubernetes/client-node');
}
