import { Reflector, resourcePath, WorkQueue, type ReflectorDeps } from '@picluster/kube';
import { viewServiceStatus, type ServiceStatusView } from './service-status.ts';
import {
  ServiceStatusWriter,
  type ServiceStatusWriterDeps,
  type ServiceStatusWriterOptions,
} from './service-status-writer.ts';

/** What answers wait for comes first: these writes go two at a time. */
const CONCURRENCY = 2;

/**
 * The writer of the objects of one kind with its mirror of the API and its queue. The speaker does not wait for it: a cluster that lacks the kind, or
 * the rights to it, has no statuses and is announced all the same.
 */
export class ServiceStatusTask {
  readonly #objects: Reflector<ServiceStatusView>;
  readonly #queue: WorkQueue;
  readonly #writer: ServiceStatusWriter;
  readonly #failed: () => void;
  #ended = false;

  /** `whereIs`: see {@link ServiceStatusWriterDeps}; `failed` is called for each write that will be tried again. */
  constructor(
    deps: ReflectorDeps &
      Pick<ServiceStatusWriterDeps, 'whereIs'> & { readonly failed?: () => void },
    options: ServiceStatusWriterOptions,
  ) {
    const { clock, random, log, whereIs } = deps;
    const { kind } = options;
    const { group, version, plural } = kind.resource;
    const path = resourcePath({ group, version, plural, namespace: options.namespace });
    this.#objects = new Reflector(deps, {
      path,
      project: (raw) => viewServiceStatus(raw, kind),
    });
    this.#queue = new WorkQueue(
      { clock, random, ...(log && { log }) },
      { name: `${kind.prefix}-status`, concurrency: CONCURRENCY },
    );
    const enqueue = (service: string, afterMs: number): void => {
      if (!this.#ended) this.#queue.addAfter(service, afterMs);
    };
    this.#failed = deps.failed ?? (() => {});
    this.#writer = new ServiceStatusWriter(
      { client: deps.client, objects: this.#objects, whereIs, enqueue },
      options,
    );
  }

  /** A Service is announced elsewhere than before, or no more; `isBegun`: it was not announced until now. */
  changed(service: string, isBegun: boolean): void {
    this.#writer.changed(service, isBegun);
  }

  /** Mirrors and writes until the signal aborts; then resolves when what was begun is over. Does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    using _watching = this.#writer.watch();
    const mirror = this.#objects.run(signal);
    try {
      await this.#objects.whenSynced(signal);
      await this.#queue.run((service, end) => this.#write(service, end), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#ended = true;
    }
    await mirror;
  }

  async #write(service: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#writer.reconcile(service, signal);
    } catch (error) {
      this.#failed();
      throw error;
    }
  }

  /** Removes all that this node has said, once {@link run} is over. Rejects where the API refuses or the signal aborts. */
  async clear(signal: AbortSignal): Promise<void> {
    await this.#writer.clear(signal);
  }
}
