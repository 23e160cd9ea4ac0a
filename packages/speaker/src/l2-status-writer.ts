import { LABEL, ServiceL2StatusResource } from '@picluster/api';
import {
  KubeError,
  patchStatus,
  resourcePath,
  type KubeClient,
  type KubeObject,
} from '@picluster/kube';
import {
  l2StatusName,
  planL2Status,
  type L2StatusAuthor,
  type L2StatusStep,
  type L2StatusView,
} from './l2-status.ts';

/** A change is written when it has settled: an address moves to several interfaces, or two addresses of a Service, one after the other. */
export const SETTLE_MS = 200;
/** What somebody else did to our object is mended after this; our own writes come back sooner. */
const REPAIR_MS = 500;
/** What this node said before it was started anew stays for so long: most of it comes true again. */
export const LEFTOVER_MS = 30_000;

/** The ServiceL2Statuses of our namespace as the API shows them, by `namespace/name`; a reflector is one. */
export interface L2StatusCache {
  get(key: string): L2StatusView | undefined;
  values(): Iterable<L2StatusView>;
  subscribe(
    changed: (key: string, now: L2StatusView | undefined, before: L2StatusView | undefined) => void,
  ): Disposable;
}

/** What the writer works with. */
export interface L2StatusWriterDeps {
  readonly client: Pick<KubeClient, 'request'>;
  readonly objects: L2StatusCache;
  /** Queues a Service (`namespace/name`) for {@link L2StatusWriter.reconcile}; of several delays the earliest counts. */
  readonly enqueue: (service: string, afterMs: number) => void;
}

/** Who writes, and where. */
export interface L2StatusWriterOptions extends L2StatusAuthor {
  /** Of the objects, not of the Services. */
  readonly namespace: string;
}

/**
 * Says in ServiceL2Statuses which Services this node announces, and on which interfaces. What it is told is remembered; what the API shows is
 * brought in line with it, Service by Service, and written to only where that differs. A cluster without the kind goes without.
 */
export class L2StatusWriter {
  readonly #deps: L2StatusWriterDeps;
  readonly #options: L2StatusWriterOptions;
  /** Of each Service the addresses that are announced from here, each with its interfaces. */
  readonly #announced = new Map<string, Map<string, readonly string[]>>();
  /** Of each address the Services that were last said to be announced on it. */
  readonly #services = new Map<string, readonly string[]>();
  /** Services that this node has begun to announce since they were last written. */
  readonly #takenOver = new Set<string>();
  /** Of each Service the keys of the objects that speak of it. */
  readonly #objects = new Map<string, Set<string>>();

  constructor(deps: L2StatusWriterDeps, options: L2StatusWriterOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Hears of changes to the objects from now on. Call it before they begin to come. */
  watch(): Disposable {
    return this.#deps.objects.subscribe((key, now, before) => {
      if (before !== undefined) this.#unlink(before.service, key);
      if (now !== undefined) this.#link(now.service, key);
      for (const view of [before, now]) if (view !== undefined) this.#onObject(view);
    });
  }

  /** From now on these Services are what this node announces on `address`, on these interfaces. No Services: it is not announced. */
  set(address: string, services: readonly string[], interfaces: readonly string[]): void {
    for (const service of this.#services.get(address) ?? []) {
      if (!services.includes(service)) this.#withdraw(service, address);
    }
    if (services.length === 0) this.#services.delete(address);
    else this.#services.set(address, services);
    for (const service of services) this.#announce(service, address, interfaces);
  }

  /** Brings what the API shows of a Service in line. Throws a `KubeError` where another try may mend it. */
  async reconcile(service: string, signal: AbortSignal): Promise<void> {
    const { objects } = this.#deps;
    const takenOver = this.#takenOver.delete(service);
    const ownName = l2StatusName(service, this.#options.node);
    const keys = new Set([...(this.#objects.get(service) ?? []), this.#key(ownName)]);
    const steps = planL2Status(
      {
        service,
        interfaces: this.#interfacesOf(service),
        objects: [...keys].map((key) => objects.get(key)).filter((view) => view !== undefined),
        takenOver,
      },
      this.#options,
    );
    try {
      for (const step of steps) await this.#perform(step, signal);
    } catch (error) {
      if (takenOver && this.#announced.has(service)) this.#takenOver.add(service);
      throw error;
    }
  }

  /** Removes all that this node has said, by one request. For the end of the speaker: it asks nobody whether that is so. */
  async clear(signal: AbortSignal): Promise<void> {
    const { client, objects } = this.#deps;
    const { node } = this.#options;
    if (![...objects.values()].some((view) => view.node === node)) return;
    await client.request({
      method: 'DELETE',
      path: this.#path(),
      query: { labelSelector: `${LABEL.NODE}=${node}` },
      signal,
    });
  }

  #announce(service: string, address: string, interfaces: readonly string[]): void {
    const addresses = this.#announced.get(service) ?? new Map<string, readonly string[]>();
    if (addresses.size === 0) this.#takenOver.add(service);
    const isNew = addresses.get(address)?.join() !== interfaces.join();
    this.#announced.set(service, addresses.set(address, interfaces));
    if (isNew) this.#deps.enqueue(service, SETTLE_MS);
  }

  #withdraw(service: string, address: string): void {
    const addresses = this.#announced.get(service);
    if (addresses?.delete(address) !== true) return;
    if (addresses.size === 0) {
      this.#announced.delete(service);
      this.#takenOver.delete(service);
    }
    this.#deps.enqueue(service, SETTLE_MS);
  }

  #interfacesOf(service: string): string[] | undefined {
    const addresses = this.#announced.get(service);
    return addresses && [...new Set([...addresses.values()].flat())].sort();
  }

  /** Objects of other nodes are theirs to keep right. */
  #onObject({ service, node }: L2StatusView): void {
    if (node !== this.#options.node) return;
    this.#deps.enqueue(service, this.#announced.has(service) ? REPAIR_MS : LEFTOVER_MS);
  }

  #link(service: string, key: string): void {
    const keys = this.#objects.get(service) ?? new Set();
    this.#objects.set(service, keys.add(key));
  }

  #unlink(service: string, key: string): void {
    const keys = this.#objects.get(service);
    keys?.delete(key);
    if (keys?.size === 0) this.#objects.delete(service);
  }

  /** What somebody was faster with is no failure: the watch tells what is so now, and the Service comes again. */
  async #perform(step: L2StatusStep, signal: AbortSignal): Promise<void> {
    try {
      await this.#write(step, signal);
    } catch (error) {
      const isOvertaken =
        error instanceof KubeError &&
        ['not-found', 'conflict', 'already-exists'].includes(error.code);
      if (!isOvertaken) throw error;
    }
  }

  async #write(step: L2StatusStep, signal: AbortSignal): Promise<void> {
    const { client } = this.#deps;
    if (step.do === 'delete') {
      const body = { preconditions: { uid: step.uid } };
      await client.request({ method: 'DELETE', path: this.#path(step.name), body, signal });
      return;
    }
    if (step.do === 'create') {
      const body = step.manifest;
      const made = await client.request<KubeObject>({
        method: 'POST',
        path: this.#path(),
        body,
        signal,
      });
      await this.#report(made, step.status, signal);
      return;
    }
    const { name, resourceVersion, metadata, status } = step;
    let object: KubeObject = { metadata: { name, resourceVersion } };
    if (metadata !== undefined) {
      const body = { metadata: { ...metadata, resourceVersion } };
      object = await client.request({ method: 'PATCH', path: this.#path(name), body, signal });
    }
    if (status !== undefined) await this.#report(object, status, signal);
  }

  async #report({ metadata }: KubeObject, status: object, signal: AbortSignal): Promise<void> {
    const { name, resourceVersion = '' } = metadata;
    await patchStatus(this.#deps.client, this.#path(name), { resourceVersion, status }, signal);
  }

  #key(name: string): string {
    return `${this.#options.namespace}/${name}`;
  }

  #path(name?: string): string {
    const { group, version, plural } = ServiceL2StatusResource;
    const address = { group, version, plural, namespace: this.#options.namespace };
    return resourcePath(name === undefined ? address : { ...address, name });
  }
}
