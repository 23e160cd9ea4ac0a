import { AddressPlan, type Want, type WantedAddress } from './address-plan.ts';
import type { AdvertisementView, PoolView } from './advertising.ts';
import { decide, excludedMessage, type WithholdReason } from './announce-decision.ts';
import { AnnouncedServices, type Announcement } from './announced-services.ts';
import type { Announcer } from './announcer.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { interfacesFor, selectInterfaces, type LocalInterface } from './interfaces.ts';
import type { OwnershipListener, OwnershipStrategy } from './ownership.ts';
import { sharedList } from './shared.ts';
import type { EndpointsView, NodeView, ServiceView } from './views.ts';

/**
 * A client waits for the first answer of a node that was given an address; whatever is said of it, to the API above all, begins this much later, as
 * connecting to the API server alone takes milliseconds.
 */
export const NOT_URGENT_MS = 20;

/** Of how many addresses something is said before anything else may be done: some tens of milliseconds. */
export const REPORTED_AT_ONCE = 500;

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
  /** Hears of machines that are no speakers and use an address. */
  readonly conflict?: (address: string, interfaceName: string, mac: string) => void;
  /** A Service is looked at; for the metrics. */
  readonly reconciled?: () => void;
  /** Queues a Service to be reconciled, soon and once. */
  readonly enqueue: (service: string) => void;
  /** Writes an event on a Service. */
  readonly event: (
    service: ServiceView,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void;
  /** A Service is announced elsewhere than before, or no more, see {@link Speaker.whereIs}; `isBegun`: it was not announced until now. */
  readonly status?: (service: string, isBegun: boolean) => void;
  /** Runs work in a moment, when those who waited for an answer have it. */
  readonly later: (work: () => void) => void;
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

/** Who the speaker is. */
export interface SpeakerOptions {
  readonly node: string;
  readonly loadBalancerClass?: string | undefined;
  /** Nodes answer whether they carry the exclude label or not. */
  readonly ignoreExcludeLabel?: boolean;
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
  readonly #endpoints: EndpointIndex;
  readonly #plan = new AddressPlan();
  readonly #announced = new AnnouncedServices();
  /** The addresses whose statuses and events may have to change. */
  readonly #unreported = new Set<string>();
  /** The last outcome of each Service, so that a change is reported once. */
  readonly #silences = new Map<string, string>();

  constructor(deps: SpeakerDeps, options: SpeakerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#endpoints = new EndpointIndex((slice) => deps.endpoints.get(slice));
    this.#ownership = deps.ownership({
      gained: (...gain) => this.#gained(...gain),
      lost: (address, interfaceName) => this.#lost(address, interfaceName),
      renewed: (interfaceName, untilMs) => deps.announcer.refresh(interfaceName, untilMs),
      announce: (address, interfaceName) => deps.announcer.announce(address, interfaceName),
      conflict: (address, interfaceName, mac) => deps.conflict?.(address, interfaceName, mac),
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
    const usable = interfaces()
      .filter(({ fitness }) => fitness === 'usable')
      .map(({ name }) => name);
    this.#ownership.retain?.(usable);
    announcer.retain(usable);
    this.reconsider();
  }

  /** Brings this node in line with one Service (`namespace/name`), also when that is gone. */
  reconcile(key: string): void {
    this.#deps.reconciled?.();
    const service = this.#deps.services.get(key);
    const want = this.#decide(key, service);
    for (const address of this.#plan.set(key, want)) this.#apply(address);
  }

  /** On which interfaces a Service is announced; `undefined`: on none. */
  whereIs(service: string): readonly string[] | undefined {
    return this.#announced.whereIs(service);
  }

  /** All that this node announces. */
  announcements(): Iterable<Announcement> {
    return this.#announced.list();
  }

  /** Writes a warning on every Service that wants the address. */
  warn(address: string, reason: string, message: string): void {
    for (const key of this.#plan.claim(address)?.services ?? []) {
      const service = this.#deps.services.get(key);
      if (service !== undefined) this.#deps.event(service, 'Warning', reason, message);
    }
  }

  /** Stops answering at once for everything; resolves when everything is given up. */
  async stop(): Promise<void> {
    await this.#ownership.stop();
  }

  #decide(key: string, service: ServiceView | undefined): Want | undefined {
    const { pools, advertisements, nodes, interfaces } = this.#deps;
    const { node, loadBalancerClass, ignoreExcludeLabel = false } = this.#options;
    const decision = decide({
      service,
      pools: pools.values(),
      advertisements: advertisements.values(),
      nodes: [...nodes.values()],
      endpoints: this.#endpoints.of(key),
      node,
      loadBalancerClass,
      ignoreExcludeLabel,
    });
    if (decision.kind === 'withheld') {
      const { reason, excluded = [] } = decision;
      // Every speaker sees that; the first of the nodes concerned tells.
      const warning = excluded[0] === node ? [excludedMessage(excluded)] : [];
      return this.#keepSilent(key, service, reason, warning);
    }
    const selected = selectInterfaces(interfaces(), decision.interfaces);
    const { addresses, candidates, preferred } = decision;
    if (selected.length === 0 && decision.interfaces !== 'all') {
      const warnings = addresses.map((address) => noInterfaceMessage(address, node));
      return this.#keepSilent(key, service, 'interfaceDoesNotExist', warnings);
    }
    const ready: WantedAddress[] = [];
    for (const address of addresses.length === 1 ? addresses : new Set(addresses)) {
      const names = interfacesFor(address, decision.interfaces, selected);
      const open = names.filter((name) => this.#deps.announcer.ready(name));
      if (open.length > 0) ready.push({ address, interfaces: sharedList(open) });
    }
    if (ready.length === 0) return this.#keepSilent(key, service, 'noUsableInterface');
    this.#silences.delete(key);
    // Of the right length: what `push` made has room for more.
    return { addresses: ready.slice(), candidates, preferred };
  }

  #keepSilent(
    key: string,
    service: ServiceView | undefined,
    reason: Silence,
    warnings: readonly string[] = [],
  ): undefined {
    const silence = [reason, ...warnings].join(': ');
    if (this.#silences.get(key) === silence) return;
    if (service === undefined) {
      // It is gone; that it is withdrawn, where it was announced, is said elsewhere.
      this.#silences.delete(key);
      return;
    }
    this.#silences.set(key, silence);
    this.#deps.log.info('service not announced', { service: key, reason });
    for (const warning of warnings) this.#deps.event(service, 'Warning', 'announceFailed', warning);
  }

  #apply(address: string): void {
    const claim = this.#plan.claim(address);
    if (claim === undefined) this.#ownership.resign(address);
    else this.#ownership.stand(address, claim.standing);
    this.#deps.announcer.standBy(address, claim?.standing.interfaces ?? []);
    this.#reportLater(address);
  }

  #gained(
    address: string,
    interfaceName: string,
    untilMs: (address: string) => number,
    isFresh: boolean = false,
  ): void {
    // The Service may have gone while the answer of the API was on its way; then this node resigns in a moment.
    if (this.#plan.claim(address)?.standing.interfaces.includes(interfaceName) !== true) return;
    this.#deps.announcer.own(address, interfaceName, untilMs, isFresh);
    this.#reportLater(address);
  }

  #lost(address: string, interfaceName: string): void {
    this.#deps.announcer.disown(address, interfaceName);
    this.#reportLater(address);
  }

  /** Not in the middle of a hand-over: who takes over waits for our last frame, and hundreds of addresses may move at once. */
  #reportLater(address: string): void {
    if (this.#unreported.size === 0) this.#deps.later(() => this.#reportSome());
    this.#unreported.add(address);
  }

  /** Some at a time: a node that is busy with thousands for longer than its promise lasts would lose them all. */
  #reportSome(): void {
    let reported = 0;
    for (const address of this.#unreported) {
      if (reported++ === REPORTED_AT_ONCE) {
        this.#deps.later(() => this.#reportSome());
        return;
      }
      this.#unreported.delete(address);
      this.#report(address);
    }
  }

  /** Makes status and events agree with what is announced. */
  #report(address: string): void {
    const { announcer, event, log, services, status } = this.#deps;
    const { node } = this.#options;
    const interfaces = announcer.heldOn(address);
    const claim = interfaces.length > 0 ? this.#plan.claim(address) : undefined;
    const changes = this.#announced.set(address, claim?.services ?? [], interfaces);
    for (const key of changes.touched) status?.(key, changes.begun.includes(key));
    for (const key of changes.removed) {
      log.info('service withdrawn', { service: key, ip: address });
    }
    for (const key of changes.added) {
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

function noInterfaceMessage(address: string, node: string): string {
  return `the interfaces specified by LB IP "${address}" doesn't exist in assigned node "${node}" with protocol "layer2"`;
}
