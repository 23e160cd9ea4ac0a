import { randomBytes, randomUUID } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { CustomCheck } from './custom-resources.ts';
import { Faults } from './faults.ts';
import { KubeApi } from './kube-api.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { KubeServer } from './kube-server.ts';
import { metallbCheck } from './metallb-check.ts';
import { keyOf, type KubeObject } from './object.ts';
import { RequestCounts } from './request-counts.ts';
import { groupVersion } from './resources.ts';
import { certificateFor } from './seams/certificate.ts';
import { systemClock } from './seams/system-clock.ts';
import type { AccessCheck } from './reviews.ts';
import { Store } from './store.ts';
import { Tokens } from './tokens.ts';

/** How a simulator is set up; every field has a default. */
export interface KubeSimOptions {
  /** TCP port; default 0: any free one. */
  readonly port?: number;
  /** Address to listen on, and the one in the kubeconfig; default 127.0.0.1. */
  readonly host?: string;
  /** Users by bearer token, besides {@link KubeSim.token}. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** How many changes are remembered before old versions expire; default 10,000. */
  readonly historyLength?: number;
  /** Time between the bookmarks of a watch; default 60,000. */
  readonly bookmarkIntervalMs?: number;
  /** Rules on custom objects beyond their schema; default: those of the metallb.io kinds. */
  readonly check?: CustomCheck;
  /** The answers to SubjectAccessReviews, and to nothing else; default: everybody may. */
  readonly access?: AccessCheck;
}

/** A running API server in memory. */
export interface KubeSim extends AsyncDisposable {
  /** `https://host:port`. */
  readonly url: string;
  /** The certificate, PEM; it is its own authority. */
  readonly ca: string;
  /** A token of the user `admin`. */
  readonly token: string;
  /** A kubeconfig for a token (default: the admin's). It is JSON, which is YAML too; write it to a file for kubectl. */
  kubeconfig(token?: string): string;
  /** Creates the object, or merges it into the one that exists, as admin and past all faults; throws an `ApiError` that a client would get as a Status. A `List` applies its items and returns the last. */
  applyManifest(manifest: unknown): KubeObject;
  /** The object as it is stored, or undefined. */
  object(
    apiVersion: string,
    kind: string,
    name: string,
    namespace?: string,
  ): KubeObject | undefined;
  /** All objects of a kind, in key order. */
  objects(apiVersion: string, kind: string): KubeObject[];
  /** Deletes an object as admin and past all faults; throws an `ApiError` when there is none. */
  deleteObject(apiVersion: string, kind: string, name: string, namespace?: string): void;
  /** What goes wrong. */
  readonly faults: Faults;
  /** How many requests came in. */
  readonly requests: RequestCounts;
  /** Makes every resource version before now expire: lists and watches from there get 410. */
  expireVersions(): void;
  /** Ends a token at once; its user gets 401 from now on. */
  revokeToken(token: string): void;
  /** Closes all connections and the port. Objects stay readable by {@link object}. */
  close(): Promise<void>;
}

const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * Starts an API server in memory, with Kubernetes' four first namespaces and the `kubernetes` Service.
 *
 * Rejects when the port is taken. Each call is a cluster of its own.
 */
export async function startKubeSim(options: KubeSimOptions = {}): Promise<KubeSim> {
  const { host = '127.0.0.1', port = 0, clock = systemClock } = options;
  const certificate = await certificateFor([host]);
  const store = new Store({ historyLength: options.historyLength ?? 10_000 });
  const token = newToken();
  const tokens = new Tokens(clock, newToken, { [token]: 'admin', ...options.tokens });
  const check = options.check ?? metallbCheck;
  const api = new KubeApi({
    store,
    clock,
    tokens,
    check,
    uid: randomUUID,
    suffix: nameSuffix,
    access: options.access,
  });
  const faults = new Faults();
  const requests = new RequestCounts();
  const server = new KubeServer({
    api,
    store,
    clock,
    tokens,
    faults,
    requests,
    certificate,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
  });
  const listening = await server.listen(port, host);
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${listening}`;
  const admin = new Admin(api, store);
  for (const namespace of firstNamespaces) admin.apply(manifest('Namespace', namespace));
  admin.apply(kubernetesService(listening));
  const close = (): Promise<void> => server.close();
  return {
    url,
    ca: certificate.cert,
    token,
    kubeconfig: (forToken = token) => kubeconfigText(url, certificate.cert, forToken),
    applyManifest: (given) => admin.apply(given),
    object: (...address) => admin.object(...address),
    objects: (apiVersion, kind) => admin.objects(apiVersion, kind),
    deleteObject: (...address) => admin.remove(...address),
    faults,
    requests,
    expireVersions: () => store.compact(),
    revokeToken: (ended) => tokens.revoke(ended),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Five characters that spell no words, as Kubernetes' generated names end. */
function nameSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('');
}

function manifest(kind: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name } };
}

function kubernetesService(port: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }] },
  };
}

/** The test's own hand on the cluster: the same API, without a socket between. */
class Admin {
  readonly #api: KubeApi;
  readonly #store: Store;

  constructor(api: KubeApi, store: Store) {
    this.#api = api;
    this.#store = store;
  }

  apply(given: unknown): KubeObject {
    const object = given as KubeObject;
    if (object.kind === 'List' && Array.isArray(object['items'])) {
      return object['items'].map((item) => this.apply(item)).at(-1) ?? object;
    }
    const { name } = object.metadata;
    if (name === undefined) throw new TypeError('applyManifest: metadata.name is missing');
    const path = this.#path(object.apiVersion, object.kind, name, object.metadata.namespace);
    const exists = this.#api.handle(request('GET', path));
    const status = object.status;
    const body = { ...object, status: undefined };
    const written =
      'code' in exists && exists.code === 200
        ? this.#send('PATCH', path, body)
        : this.#send('POST', path.slice(0, path.lastIndexOf('/')), body);
    if (status === undefined) return written;
    const { hasStatus } = this.#resource(object.apiVersion, object.kind);
    return this.#send('PATCH', hasStatus ? `${path}/status` : path, { status });
  }

  object(
    apiVersion: string,
    kind: string,
    name: string,
    namespace?: string,
  ): KubeObject | undefined {
    const resource = this.#resource(apiVersion, kind);
    const object = this.#store.get(resource.storage, keyOf(namespace, name));
    return object === undefined ? undefined : (resource.fromStorage?.(object) ?? object);
  }

  objects(apiVersion: string, kind: string): KubeObject[] {
    const resource = this.#resource(apiVersion, kind);
    const entries = this.#store.list(resource.storage) ?? [];
    return entries.map(({ object }) => resource.fromStorage?.(object) ?? object);
  }

  remove(apiVersion: string, kind: string, name: string, namespace?: string): void {
    this.#send('DELETE', this.#path(apiVersion, kind, name, namespace), {});
  }

  #resource(apiVersion: string, kind: string): ReturnType<KubeApi['registry']['all']>[number] {
    const resource = this.#api.registry.ofKind(apiVersion, kind);
    if (resource !== undefined) return resource;
    throw new TypeError(
      `kube-sim serves no ${apiVersion} ${kind}: apply its CustomResourceDefinition first`,
    );
  }

  #path(apiVersion: string, kind: string, name: string, namespace: string = 'default'): string {
    const resource = this.#resource(apiVersion, kind);
    const root = resource.group === '' ? '/api' : '/apis';
    const scope = resource.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}/${groupVersion(resource)}${scope}/${resource.plural}/${name}`;
  }

  #send(method: string, path: string, body: unknown): KubeObject {
    const reply = this.#api.handle(request(method, path, body));
    if (!('code' in reply)) throw new TypeError('a watch is no answer to a write');
    const object = reply.body as KubeObject & { message?: string; reason?: string };
    if (reply.code < 300) return object;
    throw new ApiError(
      reply.code,
      object.reason ?? '',
      object.message ?? '',
      object['details'] as Record<string, unknown> | undefined,
    );
  }
}

function request(method: string, path: string, body?: unknown): Parameters<KubeApi['handle']>[0] {
  return {
    method,
    path,
    query: new URLSearchParams(),
    accept: 'application/json',
    contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
