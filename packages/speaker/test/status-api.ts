import { KubeError, type KubeRequest } from '@picluster/kube';
import type { SimClock } from '@picluster/testkit';
import { L2_STATUS, viewServiceStatus, type ServiceStatusView } from '../src/service-status.ts';
import type { ServiceStatusCache } from '../src/service-status-writer.ts';

interface Stored {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    labels: Record<string, string>;
  };
  status?: object;
}

/** How long a change takes until a watcher hears of it. */
const WATCH_DELAY_MS = 5;

/** The API server as far as one namespaced kind with a status subresource goes, and mirrors of it that lag behind. */
export class StatusApi {
  readonly #clock: SimClock;
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<(name: string, now: ServiceStatusView | undefined) => void>();
  #version = 0;
  /** Every request, as `METHOD name`. */
  requests: string[] = [];
  /** Asked for each request: an error to fail it with. */
  fault: (request: KubeRequest) => KubeError | undefined = () => undefined;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** What there is: node and interfaces of each object, by its Service. */
  get shown(): string[] {
    return [...this.#objects.values()]
      .map(({ metadata, status }) => {
        const { interfaces = [] } = (status ?? {}) as { interfaces?: { name: string }[] };
        return `${metadata.labels['metallb.io/service-name']} ${metadata.labels['metallb.io/node']} ${interfaces.map(({ name }) => name).join('+')}`;
      })
      .toSorted();
  }

  /** Stores an object as somebody else would. */
  put(name: string, object: Pick<Stored, 'status'> & { labels: Record<string, string> }): void {
    const { labels, status } = object;
    const metadata = { name, uid: `uid-${++this.#version}`, labels };
    this.#store({ metadata: { ...metadata, resourceVersion: '' }, ...(status && { status }) });
  }

  delete(name: string): void {
    if (this.#objects.delete(name)) this.#tell(name, undefined);
  }

  names(): string[] {
    return [...this.#objects.keys()];
  }

  /** A mirror of what there is now and of each change from now on. */
  mirror(): ServiceStatusCache {
    const views = new Map<string, ServiceStatusView>();
    const subscribers = new Set<Parameters<ServiceStatusCache['subscribe']>[0]>();
    this.#watchers.add((name, now) => {
      const key = `metallb-system/${name}`;
      const before = views.get(key);
      if (now === undefined) views.delete(key);
      else views.set(key, now);
      for (const subscriber of subscribers) subscriber(key, now, before);
    });
    for (const stored of this.#objects.values()) this.#tell(stored.metadata.name, stored);
    return {
      get: (key) => views.get(key),
      values: () => views.values(),
      subscribe: (subscriber) => {
        subscribers.add(subscriber);
        return { [Symbol.dispose]: () => void subscribers.delete(subscriber) };
      },
    };
  }

  request = async <T>(request: KubeRequest): Promise<T> => {
    const { method, path, query } = request;
    const [, rest = ''] = /\/servicel2statuses(.*)$/.exec(path) ?? [];
    const [, name = '', subresource] = rest.split('/');
    this.requests.push(
      `${method} ${name === '' ? 'all' : 'one'}${subresource === undefined ? '' : ' status'}`,
    );
    const fault = this.fault(request);
    if (fault !== undefined) throw fault;
    if (method === 'POST') return this.#create(request.body as Stored) as T;
    if (method === 'DELETE' && name === '') {
      const [label = '', value] = String(query?.['labelSelector']).split('=');
      for (const { metadata } of this.#objects.values()) {
        if (metadata.labels[label] === value) this.delete(metadata.name);
      }
      return {} as T;
    }
    const stored = this.#objects.get(name);
    if (stored === undefined) throw new KubeError('not-found', 'as the server would say');
    if (method === 'DELETE') {
      const { preconditions } = request.body as { preconditions: { uid: string } };
      if (preconditions.uid !== stored.metadata.uid)
        throw new KubeError('conflict', 'as the server would say');
      this.delete(name);
      return {} as T;
    }
    const body = request.body as Partial<Stored>;
    if (body.metadata?.resourceVersion !== stored.metadata.resourceVersion)
      throw new KubeError('conflict', 'as the server would say');
    const metadata = { ...stored.metadata, ...body.metadata };
    const { status } = subresource === 'status' ? body : stored;
    return this.#store({ metadata, ...(status && { status }) }) as T;
  };

  #create({ metadata }: Stored): Stored {
    if (this.#objects.has(metadata.name))
      throw new KubeError('already-exists', 'as the server would say');
    // As the server does: what a create says of the status is dropped.
    return this.#store({ metadata: { ...metadata, uid: `uid-${++this.#version}` } });
  }

  #store(object: Stored): Stored {
    const stored = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    };
    this.#objects.set(stored.metadata.name, stored);
    this.#tell(stored.metadata.name, stored);
    return stored;
  }

  #tell(name: string, stored: Stored | undefined): void {
    const view = stored && viewServiceStatus(structuredClone(stored), L2_STATUS);
    this.#clock.timer(WATCH_DELAY_MS, () => {
      for (const watcher of this.#watchers) watcher(name, view);
    });
  }
}
