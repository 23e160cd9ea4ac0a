import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { ensureKubernetes } from '../../scripts/kubernetes.mjs';
import { accessTo, type ClusterAccess } from './cluster-access.ts';
import { Processes, type LabProcess } from './processes.ts';
import { waitFor } from './wait-for.ts';

/** How a control plane is started. Only `dir` is needed: then it is on the loopback of this process's namespace. */
export interface ControlPlaneOptions {
  /** Folder for data, keys, kubeconfigs and logs; made where missing. */
  readonly dir: string;
  /** Address that kube-apiserver serves on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port of kube-apiserver, default 6443; etcd and the controller manager take the next three. */
  readonly port?: number;
  /** Network namespace by its `ip netns` name; absent: the one this process is in. */
  readonly netns?: string;
  /** kube-controller-manager too? Default true. */
  readonly controllerManager?: boolean;
  /** Folder for a log file of each program; default `<dir>/logs`. */
  readonly logFolder?: string;
  /** Further arguments of kube-apiserver. */
  readonly apiServerArgs?: readonly string[];
  /** Further controllers of kube-controller-manager. */
  readonly controllers?: readonly string[];
}

/** The API server as tests disturb it. */
export interface ApiServerHandle {
  readonly running: boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again with the same data, and waits until it is ready. */
  start(): Promise<void>;
}

/** A running control plane: how to enter it, and how to disturb it. */
export interface ControlPlane extends ClusterAccess {
  readonly apiServer: ApiServerHandle;
  /** A kubeconfig of kube-proxy's own user; undefined where the control plane is a simulated one. */
  readonly proxyKubeconfig: string | undefined;
  stop(): Promise<void>;
}

/** Service addresses of a dual-stack cluster. */
const SERVICE_CIDRS = '10.96.0.0/16,fd96::/112';

const READY_LIMIT_MS = 60_000;

// Those that act on what the lab makes; all of them together need 5 s to start on 2 cores. Not node-lifecycle: nobody
// renews the Leases of the lab's Nodes, and they must not become NotReady for that.
const CONTROLLERS = [
  'endpointslice-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
] as const;

/** Users known by a static token, and their group: it gives the first one all rights; the others' roles are Kubernetes' own. */
const STATIC_USERS = {
  admin: 'system:masters',
  'system:kube-controller-manager': '',
  'system:kube-proxy': '',
} as const;

/**
 * Starts real etcd, kube-apiserver (with RBAC) and kube-controller-manager, and resolves when they serve (about 4 s).
 *
 * Run it inside `scripts/in-lab.mjs`: there nothing outlives the run. Builds the programs first where the cache lacks
 * them. Rejects with the log's last lines where a program does not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const programs = new Programs(options, await ensureKubernetes());
  try {
    programs.startEtcd();
    const access = await programs.startApiServer();
    if (options.controllerManager ?? true) programs.startControllerManager(access);
    return {
      ...access,
      apiServer: programs.apiServerHandle(),
      proxyKubeconfig: access.kubeconfigFor(
        'system:kube-proxy',
        programs.tokens['system:kube-proxy'],
      ),
      stop: async () => {
        access.api.close();
        await programs.processes.stop();
      },
    };
  } catch (error) {
    await programs.processes.stop();
    throw error;
  }
}

/** The programs of one control plane, with their keys and arguments. */
class Programs {
  readonly processes: Processes;
  readonly tokens: Readonly<Record<keyof typeof STATIC_USERS, string>>;
  readonly #options: ControlPlaneOptions;
  readonly #binary: string;
  readonly #host: string;
  readonly #port: number;
  #apiServer: LabProcess | undefined;

  constructor(options: ControlPlaneOptions, binary: string) {
    this.#options = options;
    this.#binary = binary;
    this.#host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? 6443;
    this.processes = new Processes(options.logFolder ?? path.join(options.dir, 'logs'));
    const token = (): string => randomBytes(16).toString('hex');
    this.tokens = {
      admin: token(),
      'system:kube-controller-manager': token(),
      'system:kube-proxy': token(),
    };
    this.#writeSecrets();
  }

  startEtcd(): void {
    const clientUrl = `http://127.0.0.1:${this.#port + 1}`;
    const peerUrl = `http://127.0.0.1:${this.#port + 2}`;
    this.#start('etcd', [
      `--data-dir=${this.#file('etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--log-level=warn',
    ]);
  }

  /** Starts kube-apiserver and waits until it is ready. */
  async startApiServer(): Promise<ClusterAccess> {
    // The endpoints of the Service "kubernetes" may not be a loopback address.
    const isLoopback = this.#host.startsWith('127.') || this.#host === '::1';
    const server = this.#start('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#port + 1}`,
      `--bind-address=${this.#host}`,
      `--advertise-address=${this.#host}`,
      `--secure-port=${this.#port}`,
      `--cert-dir=${this.#file('certs')}`,
      `--token-auth-file=${this.#file('tokens.csv')}`,
      `--service-account-key-file=${this.#file('service-accounts.pub')}`,
      `--service-account-signing-key-file=${this.#file('service-accounts.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--authorization-mode=RBAC',
      `--service-cluster-ip-range=${SERVICE_CIDRS}`,
      `--endpoint-reconciler-type=${isLoopback ? 'none' : 'lease'}`,
      '--allow-privileged=true',
      ...(this.#options.apiServerArgs ?? []),
    ]);
    this.#apiServer = server;
    return await this.#untilReady(server);
  }

  startControllerManager(access: ClusterAccess): void {
    const user = 'system:kube-controller-manager';
    this.#start('kube-controller-manager', [
      `--kubeconfig=${access.kubeconfigFor(user, this.tokens[user])}`,
      `--controllers=${[...CONTROLLERS, ...(this.#options.controllers ?? [])].join(',')}`,
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${this.#file('service-accounts.key')}`,
      `--root-ca-file=${this.#file('certs/apiserver.crt')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.#port + 3}`,
    ]);
  }

  apiServerHandle(): ApiServerHandle {
    const current = (): LabProcess | undefined => this.#apiServer;
    return {
      get running() {
        return current()?.running ?? false;
      },
      kill: async () => void (await current()?.kill()),
      freeze: () => current()?.freeze(),
      thaw: () => current()?.thaw(),
      start: async () => {
        (await this.startApiServer()).api.close();
      },
    };
  }

  #file(name: string): string {
    return path.join(this.#options.dir, name);
  }

  #writeSecrets(): void {
    mkdirSync(this.#file('certs'), { recursive: true });
    const lines = Object.entries(STATIC_USERS).map(
      ([user, group]) =>
        `${this.tokens[user as keyof typeof STATIC_USERS]},${user},${user},"${group}"\n`,
    );
    writeFileSync(this.#file('tokens.csv'), lines.join(''), { mode: 0o600 });
    const keys = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    writeFileSync(this.#file('service-accounts.pub'), keys.publicKey);
    writeFileSync(this.#file('service-accounts.key'), keys.privateKey, { mode: 0o600 });
  }

  #start(name: string, args: readonly string[]): LabProcess {
    const { netns } = this.#options;
    const command = [this.#binary, name, ...args] as const;
    return this.processes.start({ name, command, ...(netns !== undefined && { netns }) });
  }

  async #untilReady(server: LabProcess): Promise<ClusterAccess> {
    const { dir } = this.#options;
    const host = isIPv6(this.#host) ? `[${this.#host}]` : this.#host;
    const url = `https://${host}:${this.#port}`;
    const certificate = this.#file('certs/apiserver.crt');
    const usable = (): boolean => !server.running || existsSync(certificate);
    await waitFor('kube-apiserver to make its certificate', usable, READY_LIMIT_MS);
    if (!server.running) throw new Error(`kube-apiserver ended:\n${server.output()}`);
    const access = accessTo({
      dir,
      url,
      ca: readFileSync(certificate, 'utf8'),
      token: this.tokens.admin,
    });
    const ready = async (): Promise<boolean> =>
      !server.running || (await access.api.get('/readyz')) !== undefined;
    await waitFor('kube-apiserver to be ready', ready, READY_LIMIT_MS);
    if (!server.running) throw new Error(`kube-apiserver ended:\n${server.output()}`);
    return access;
  }
}
