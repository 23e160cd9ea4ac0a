import { LABEL } from '@picluster/api';
import {
  KubeError,
  patchStatus,
  resourcePath,
  type KubeClient,
  type KubeObject,
} from '@picluster/kube';
import {
  serviceStatusName,
  planServiceStatus,
  type ServiceStatusAuthor,
  type ServiceStatusStep,
  type ServiceStatusView,
} from './service-status.ts';
import { TextsByKey } from './texts-by-key.ts';

/** A change is written when it has settled: an address moves to several interfaces, or two addresses of a Service, one after the other. */
export const SETTLE_MS = 200;
/** What somebody else did to our object is mended after this; our own writes come back sooner. */
const REPAIR_MS = 500;
/** What this node said before it was started anew stays for so long: most of it comes true again. */
export const LEFTOVER_MS = 30_000;

/** The objects of one kind in our namespace as the API shows them, by `namespace/name`; a reflector is one. */
export interface ServiceStatusCache {
  get(key: string): ServiceStatusView | undefined;
  values(): Iterable<ServiceStatusView>;
  subscribe(
    changed: (
      key: string,
      now: ServiceStatusView | undefined,
      before: ServiceStatusView | undefined,
    ) => void,
  ): Disposable;
}

/** What the writer works with. */
export interface ServiceStatusWriterDeps {
  readonly client: Pick<KubeClient, 'request'>;
  readonly objects: ServiceStatusCache;
  /** Where this node announces a Service: on which interfaces, or to which BGPPeers; `undefined`: it does not. */
  readonly whereIs: (service: string) => readonly string[] | undefined;
  /** Queues a Service (`namespace/name`) for {@link ServiceStatusWriter.reconcile}; of several delays the earliest counts. */
  readonly enqueue: (service: string, afterMs: number) => void;
}

/** Who writes, and where. */
export interface ServiceStatusWriterOptions extends ServiceStatusAuthor {
  /** Of the objects, not of the Services. */
  readonly namespace: string;
}

/**
 * Says in objects of one kind which Services this node announces, and where: what the API shows is
 * brought in line with that, Service by Service, and written to only where that differs. A cluster without the kind goes without.
 */
export class ServiceStatusWriter {
  readonly #deps: ServiceStatusWriterDeps;
  readonly #options: ServiceStatusWriterOptions;
  /** Services that this node has begun to announce since they were last written. */
  readonly #takenOver = new Set<string>();
  /** Of each Service the keys of the objects that speak of it, but for the one with the name that ours has. */
  readonly #objects = new TextsByKey();

  constructor(deps: ServiceStatusWriterDeps, options: ServiceStatusWriterOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Hears of changes to the objects from now on. Call it before they begin to come. */
  watch(): Disposable {
    return this.#deps.objects.subscribe((key, now, before) => {
      if (before !== undefined) this.#objects.delete(before.service, key);
      if (now !== undefined && key !== this.#ownKey(now.service))
        this.#objects.add(now.service, key);
      for (const view of [before, now]) if (view !== undefined) this.#onObject(view);
    });
  }

  /** A Service is announced elsewhere than before, or no more; `isBegun`: it was not announced until now. */
  changed(service: string, isBegun: boolean): void {
    if (isBegun) this.#takenOver.add(service);
    else if (this.#isSilent(service)) this.#takenOver.delete(service);
    this.#deps.enqueue(service, SETTLE_MS);
  }

  /** Brings what the API shows of a Service in line. Throws a `KubeError` where another try may mend it. */
  async reconcile(service: string, signal: AbortSignal): Promise<void> {
    const { objects } = this.#deps;
    const takenOver = this.#takenOver.delete(service);
    const keys = [...this.#objects.of(service), this.#ownKey(service)];
    const steps = planServiceStatus(
      {
        service,
        where: this.#deps.whereIs(service),
        objects: keys.flatMap((key) => {
          const view = objects.get(key);
          return view === undefined ? [] : [{ ...view, name: nameIn(key) }];
        }),
        takenOver,
      },
      this.#options,
    );
    try {
      for (const step of steps) await this.#perform(step, signal);
    } catch (error) {
      if (takenOver && !this.#isSilent(service)) this.#takenOver.add(service);
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

  #isSilent(service: string): boolean {
    return this.#deps.whereIs(service) === undefined;
  }

  /** Objects of other nodes are theirs to keep right. */
  #onObject({ service, node }: ServiceStatusView): void {
    if (node !== this.#options.node) return;
    this.#deps.enqueue(service, this.#isSilent(service) ? LEFTOVER_MS : REPAIR_MS);
  }

  /** What somebody was faster with is no failure: the watch tells what is so now, and the Service comes again. */
  async #perform(step: ServiceStatusStep, signal: AbortSignal): Promise<void> {
    try {
      await this.#write(step, signal);
    } catch (error) {
      const isOvertaken =
        error instanceof KubeError &&
        ['not-found', 'conflict', 'already-exists'].includes(error.code);
      if (!isOvertaken) throw error;
    }
  }

  async #write(step: ServiceStatusStep, signal: AbortSignal): Promise<void> {
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

  #ownKey(service: string): string {
    return `${this.#options.namespace}/${serviceStatusName(service, this.#options)}`;
  }

  #path(name?: string): string {
    const { group, version, plural } = this.#options.kind.resource;
    const address = { group, version, plural, namespace: this.#options.namespace };
    return resourcePath(name === undefined ? address : { ...address, name });
  }
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
