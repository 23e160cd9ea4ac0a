import { AddressPlan, type Want } from './address-plan.ts';
import type { AdvertisementView, PoolView } from './advertising.ts';
import { decide, type WithholdReason } from './announce-decision.ts';
import { AnnouncedServices } from './announced-services.ts';
import type { Announcer } from './announcer.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { selectInterfaces, type LocalInterface } from './interfaces.ts';
import type { OwnershipListener, OwnershipStrategy } from './ownership.ts';
import type { EndpointsView, NodeView, ServiceView } from './views.ts';

/** Objects of one kind as the API shows them; a reflector is one. */
export interface Cache<T> {
  get(key: string): T | undefined;
  keys(): Iterable<string>;
  values(): Iterable<T>;
  subscribe(changed: (key: string, now: T | undefined, before: T | undefined) => void): Disposable;
}

/** What the speaker works with. */
export interface SpeakerDeps {
  readonly services: Cache<ServiceView>;
  readonly endpoints: Cache<EndpointsView>;
  readonly nodes: Cache<NodeView>;
  readonly pools: Cache<PoolView>;
  readonly advertisements: Cache<AdvertisementView>;
  /** The interfaces of this node, as of now. */
  readonly interfaces: () => readonly LocalInterface[];
  readonly announcer: Announcer;
  /** Makes the strategy that settles who answers; it reports to the given listener. */
  readonly ownership: (listener: OwnershipListener) => OwnershipStrategy;
  /** Queues a Service to be reconciled, soon and once. */
  readonly enqueue: (service: string) => void;
  /** Writes an event on a Service. */
  readonly event: (
    service: ServiceView,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void;
  /** Sets or removes the gauge of a Service on an address. */
  readonly announced: (service: string, address: string, now: boolean) => void;
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

/** Who the speaker is. */
export interface SpeakerOptions {
  readonly node: string;
  readonly loadBalancerClass?: string | undefined;
}

/** Why a Service is not announced: what the cluster says, or what this node lacks. */
type Silence = WithholdReason | 'interfaceDoesNotExist' | 'noUsableInterface';

/**
 * Joins what the API says with what this node may do: for each Service it decides whether this node is a candidate, has the strategy
 * settle who answers, and has the announcer answer while that is us. All is recomputed from the present state; nothing depends on the
 * order in which things were reported.
 */
export class Speaker {
  readonly #deps: SpeakerDeps;
  readonly #options: SpeakerOptions;
  readonly #ownership: OwnershipStrategy;
  readonly #endpoints = new EndpointIndex();
  readonly #plan = new AddressPlan();
  readonly #announced = new AnnouncedServices();
  /** The addresses that this node holds, each with its right to answer. */
  readonly #held = new Map<string, () => number>();
  /** The last outcome of each Service, so that a change is reported once. */
  readonly #silences = new Map<string, Silence>();

  constructor(deps: SpeakerDeps, options: SpeakerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#ownership = deps.ownership({
      gained: (address, untilMs) => this.#gained(address, untilMs),
      lost: (address) => this.#lost(address),
    });
  }

  /** Hears of changes from now on. Call it before the caches begin to fill. */
  watch(): Disposable {
    const { services, endpoints, nodes, pools, advertisements, enqueue } = this.#deps;
    const subscriptions = [
      services.subscribe((key) => enqueue(key)),
      endpoints.subscribe((key, now, before) => {
        for (const service of this.#endpoints.set(key, now, before)) enqueue(service);
      }),
      nodes.subscribe((_key, now, before) => {
        // Kubelets write their Node every few minutes; mostly nothing that counts here has changed.
        if (JSON.stringify(now) !== JSON.stringify(before)) this.reconsider();
      }),
      pools.subscribe(() => this.reconsider()),
      advertisements.subscribe(() => this.reconsider()),
    ];
    return {
      [Symbol.dispose]: () => {
        for (const subscription of subscriptions) subscription[Symbol.dispose]();
      },
    };
  }

  /** Something that concerns every Service changed. */
  reconsider(): void {
    for (const service of this.#deps.services.keys()) this.#deps.enqueue(service);
  }

  /** The interfaces of this node changed. */
  onInterfaces(): void {
    const { announcer, interfaces } = this.#deps;
    announcer.retain(
      interfaces()
        .filter(({ fitness }) => fitness === 'usable')
        .map(({ name }) => name),
    );
    this.reconsider();
  }

  /** Brings this node in line with one Service (`namespace/name`), also when that is gone. */
  reconcile(key: string): void {
    const service = this.#deps.services.get(key);
    const want = this.#decide(key, service);
    for (const address of this.#plan.set(key, want)) this.#apply(address);
  }

  /** Stops answering at once for everything; resolves when everything is given up. */
  async stop(): Promise<void> {
    await this.#ownership.stop();
  }

  #decide(key: string, service: ServiceView | undefined): Want | undefined {
    const { pools, advertisements, nodes, interfaces } = this.#deps;
    const { node, loadBalancerClass } = this.#options;
    const decision = decide({
      service,
      pools: [...pools.values()],
      advertisements: [...advertisements.values()],
      nodes: [...nodes.values()],
      endpoints: this.#endpoints.of(key),
      node,
      loadBalancerClass,
    });
    if (decision.kind === 'withheld') return this.#keepSilent(key, service, decision.reason);
    const selected = selectInterfaces(interfaces(), decision.interfaces);
    if (selected.length === 0 && decision.interfaces !== 'all') {
      return this.#keepSilent(key, service, 'interfaceDoesNotExist', decision.addresses);
    }
    const usable = selected
      .filter(({ name, fitness }) => fitness === 'usable' && this.#deps.announcer.ready(name))
      .map(({ name }) => name);
    if (usable.length === 0) return this.#keepSilent(key, service, 'noUsableInterface');
    this.#silences.delete(key);
    return { addresses: decision.addresses, rank: decision.rank, interfaces: usable };
  }

  #keepSilent(
    key: string,
    service: ServiceView | undefined,
    reason: Silence,
    addresses: readonly string[] = [],
  ): undefined {
    if (this.#silences.get(key) === reason) return;
    if (service === undefined) this.#silences.delete(key);
    else this.#silences.set(key, reason);
    this.#deps.log.info('service not announced', { service: key, reason });
    if (service === undefined || reason !== 'interfaceDoesNotExist') return;
    for (const address of addresses) {
      const message = `the interfaces specified by LB IP "${address}" doesn't exist in assigned node "${this.#options.node}" with protocol "layer2"`;
      this.#deps.event(service, 'Warning', 'announceFailed', message);
    }
  }

  #apply(address: string): void {
    const claim = this.#plan.claim(address);
    if (claim === undefined) this.#ownership.resign(address);
    else {
      this.#ownership.stand(address, claim.rank);
      this.#deps.announcer.move(address, claim.interfaces);
    }
    this.#report(address);
  }

  #gained(address: string, untilMs: () => number): void {
    // The Service may have gone while the answer of the API was on its way; then this node resigns in a moment.
    const claim = this.#plan.claim(address);
    if (claim === undefined) return;
    this.#held.set(address, untilMs);
    this.#deps.announcer.own(address, untilMs, claim.interfaces);
    this.#report(address);
  }

  #lost(address: string): void {
    this.#deps.announcer.disown(address);
    this.#held.delete(address);
    this.#report(address);
  }

  /** Makes gauge and events agree with what is announced. */
  #report(address: string): void {
    const { announced, event, log, services } = this.#deps;
    const { node } = this.#options;
    const claim = this.#held.has(address) ? this.#plan.claim(address) : undefined;
    const changes = this.#announced.set(address, claim?.services ?? []);
    for (const key of changes.removed) {
      announced(key, address, false);
      log.info('service withdrawn', { service: key, ip: address });
    }
    for (const key of changes.added) {
      announced(key, address, true);
      log.info('service announced', { service: key, ip: address, node, protocol: 'layer2' });
    }
    for (const key of changes.begun) {
      const service = services.get(key);
      if (service === undefined) continue;
      event(
        service,
        'Normal',
        'nodeAssigned',
        `announcing from node "${node}" with protocol "layer2"`,
      );
    }
  }
}
