// The deep path, as the package's index would drag every generated API into the bundle.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { KubeError } from './kube-error.ts';

type Transport = ReturnType<KubeConfig['createDispatcherOptions']>;
type SecurityContext = Parameters<KubeConfig['applySecurityAuthentication']>[0];

/** Where the server is and how to speak to it, at one moment. */
export interface Credentials {
  /** `https://10.0.0.1:6443`. */
  readonly origin: string;
  /** What stands before every path; empty for most servers. */
  readonly basePath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
}

/** Where the configuration comes from. */
export interface CredentialOptions {
  /** Path of a kubeconfig file; absent: the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Put before `/var/run/secrets/…`, for tests. */
  readonly serviceAccountRoot?: string | undefined;
}

/** client-node's configuration, but no dispatcher is made: it would make one, and a TLS connection, for each request. */
class QuietKubeConfig extends KubeConfig {
  transport: Transport = { type: 'none' };

  override createDispatcherOptions(
    ...[cluster, agentOptions]: Parameters<KubeConfig['createDispatcherOptions']>
  ): Transport {
    this.transport = super.createDispatcherOptions(cluster, agentOptions);
    return { type: 'none' };
  }
}

/**
 * Credentials, fresh for each request: token files, certificate files and exec plugins are asked again as client-node's KubeConfig sees fit
 * (a token file once a minute, a plugin when its token expires), all of them after {@link reload}.
 */
export class CredentialSource {
  readonly #options: CredentialOptions;
  #config: QuietKubeConfig | undefined;
  #pending: Promise<Credentials> | undefined;

  /** Loads the configuration, so that a mistake in it shows at once. Throws `config`. */
  constructor(options: CredentialOptions) {
    this.#options = options;
    this.#config = load(options);
  }

  /** Calls at the same time share one look, so that a plugin is never started twice. Rejects with `config`. */
  get(): Promise<Credentials> {
    if (this.#pending === undefined) {
      const pending = this.#get().finally(() => {
        if (this.#pending === pending) this.#pending = undefined;
      });
      this.#pending = pending;
    }
    return this.#pending;
  }

  /** Forgets everything: the next `get` reads all files anew and starts the plugin again. */
  reload(): void {
    this.#config = undefined;
    this.#pending = undefined;
  }

  async #get(): Promise<Credentials> {
    this.#config ??= load(this.#options);
    const config = this.#config;
    const server = new URL(config.getCurrentCluster()?.server ?? '');
    const headers: Record<string, string> = {};
    try {
      await config.applySecurityAuthentication({
        // A token file may end in a newline, which no header may.
        setHeaderParam: (name: string, value: string) => {
          headers[name.toLowerCase()] = value.trim();
        },
        setDispatcher: () => undefined,
      } as unknown as SecurityContext);
    } catch (cause) {
      throw new KubeError('config', `cannot get credentials: ${messageOf(cause)}`, { cause });
    }
    const basePath = server.pathname.replace(/\/+$/, '');
    return { origin: server.origin, basePath, headers, transport: config.transport };
  }
}

function load({ kubeconfig, serviceAccountRoot }: CredentialOptions): QuietKubeConfig {
  const config = new QuietKubeConfig();
  if (kubeconfig === undefined) {
    const missing = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'].filter(
      (name) => (process.env[name] ?? '') === '',
    );
    if (missing.length > 0) {
      throw new KubeError(
        'config',
        `no kubeconfig is given, and this is no pod of a cluster: ${missing.join(' and ')} not set`,
      );
    }
    config.loadFromCluster(serviceAccountRoot);
  } else {
    try {
      config.loadFromFile(kubeconfig);
    } catch (cause) {
      throw new KubeError('config', `cannot read ${kubeconfig}: ${messageOf(cause)}`, { cause });
    }
  }
  check(config, kubeconfig ?? 'the service account');
  return config;
}

function check(config: QuietKubeConfig, source: string): void {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const fix =
      context === undefined || context === ''
        ? 'has no current-context'
        : `has no cluster for its context "${context}"`;
    throw new KubeError('config', `${source} ${fix}`);
  }
  if (config.getCurrentUser() === null) {
    throw new KubeError('config', `${source} has no user for its context "${context}"`);
  }
  if (!URL.canParse(cluster.server) || !/^https?:$/.test(new URL(cluster.server).protocol)) {
    throw new KubeError('config', `${source} names a server that is no URL: "${cluster.server}"`);
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new KubeError(
      'config',
      `${source} names a server without TLS (${cluster.server}): set insecure-skip-tls-verify: true to allow that`,
    );
  }
  if (cluster.proxyUrl?.startsWith('socks') === true) {
    throw new KubeError('config', `${source} names a SOCKS proxy; only HTTP proxies are supported`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
