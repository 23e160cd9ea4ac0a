import { Ipam, type Allocation } from '@picluster/ipam';
import { formatTimestamp, KubeError } from '@picluster/kube';
import type { ControllerDeps, ControllerOptions } from './controller-deps.ts';
import { assigned, converge, type Decision } from './converge.ts';
import { foreignVerdict, ForeignHands } from './foreign-hands.ts';
import { PoolCounts } from './pool-counts.ts';
import { poolStatus } from './pool-status.ts';
import type { NamespaceView, PoolView } from './pool-view.ts';
import { PoolsInForce } from './pools-in-force.ts';
import { RefusedServices } from './refused-services.ts';
import { replay } from './replay.ts';
import { servicePatch } from './service-patch.ts';
import { byAge, keyOfService, type ServiceView } from './service-view.ts';
import { Told } from './told.ts';

interface ServiceDecision extends Decision {
  /** Whether another controller serves the Service. */
  readonly foreign: boolean;
}

/** A write of ours that the mirror does not show yet. */
interface OwnWrite {
  /** The version that the write was based on: while the mirror still has it, `after` is the truth. */
  readonly base: string;
  readonly after: ServiceView | undefined;
}

/**
 * Gives Services their addresses for one term of leadership. It keeps no record but what the API server shows: at the start it takes over what the
 * Services' status says, then decides Service by Service, and each decision is one write.
 *
 * Decisions are synchronous, so that no two of them see the same address free; only writes take time. Who did not get what it wants is
 * looked at again when an address was given back or the pools changed.
 */
export class Controller implements Disposable {
  readonly #deps: ControllerDeps;
  readonly #options: ControllerOptions;
  readonly #hands = new ForeignHands();
  readonly #waiting = new Set<string>();
  readonly #written = new Map<string, OwnWrite>();
  readonly #told: Told;
  readonly #pools: PoolsInForce;
  readonly #counts: PoolCounts;
  readonly #refused: RefusedServices;
  readonly #subscriptions: Disposable[] = [];
  #ipam: Ipam = emptyIpam();

  constructor(deps: ControllerDeps, options: ControllerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#told = new Told(deps.events);
    this.#pools = new PoolsInForce(deps);
    this.#counts = new PoolCounts(deps);
    this.#refused = new RefusedServices(deps.metrics);
  }

  /** Takes over what is assigned, and from then on follows every change. Call it once, when all mirrors are synced. */
  start(): void {
    const { services, pools, namespaces, log } = this.#deps;
    this.#subscriptions.push(
      services.subscribe((key, now, before) => {
        if (before !== undefined && now?.uid !== before.uid) this.#gone(key);
        this.#deps.enqueue(key);
      }),
      pools.subscribe((_key, now, before) => {
        if (!sameSpec(now, before)) this.#readPools();
        if (now !== undefined) this.#deps.enqueuePool(now.name);
      }),
      namespaces.subscribe((_key, now, before) => {
        if (!sameLabels(now, before)) this.#readPools();
      }),
    );
    this.#adoptPools();
    this.#deps.onProblems(this.#pools.problems);
    this.#ipam = replay(
      this.#ipam,
      this.#pools.policy,
      [...services.values()].filter((each) => this.#isOurs(each)),
    );
    this.#counts.recount(this.#ipam);
    log.info('assignments taken over', { services: [...this.#ipam.allocations()].length });
    this.#enqueueAll();
  }

  /** Stops following changes. */
  [Symbol.dispose](): void {
    this.#counts[Symbol.dispose]();
    this.#refused[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions.length = 0;
  }

  /** Brings one Service in line. Throws a `KubeError` where the write failed in a way that another try may mend. */
  async reconcile(key: string, signal: AbortSignal): Promise<void> {
    if (!this.#deps.entitled()) return;
    this.#deps.metrics.reconciled();
    this.#ipam = this.#ipam.expire(this.#deps.clock.nowMs());
    const service = this.#current(key);
    if (service === undefined || !this.#concerns(key, service)) {
      this.#forget(key);
      return;
    }
    const decision = this.#decide(key, service);
    this.#take(key, decision);
    if (decision.waits) this.#waiting.add(key);
    else this.#waiting.delete(key);
    this.#refused.set(key, refusalOf(decision));
    if (await this.#show(key, service, decision, signal)) this.#told.tell(key, service, decision);
  }

  /** Brings the status of one pool in line. Throws a `KubeError` where the write failed. */
  async reconcilePool(name: string, signal: AbortSignal): Promise<void> {
    const pool = [...this.#deps.pools.values()].find((each) => each.name === name);
    if (pool === undefined || !this.#deps.entitled()) return;
    const refused = this.#pools.book.refused.find((each) => each.name === name);
    const status = poolStatus(pool, this.#ipam.usage(name), refused, this.#now());
    if (status !== undefined)
      await this.#attempt(() => this.#deps.write.pool(pool, status, signal));
  }

  #now(): string {
    return formatTimestamp(this.#deps.clock.wallMs());
  }

  /**
   * What we gave a Service counts more than a status that shows nothing of ours: a version that came late, or one that somebody wrote over. Unless
   * that is another controller, which is not fought.
   */
  #decide(key: string, service: ServiceView): ServiceDecision {
    const held = this.#ipam.allocationOf(key)?.addresses;
    if (this.#hands.serve(service, this.#ipam)) {
      const verdict = foreignVerdict(service, held ?? []);
      const { reason, message } = verdict;
      const events = [{ type: 'Warning', reason, message }] as const;
      const ipam = this.#ipam;
      return { ipam, addresses: undefined, events, verdict, waits: false, foreign: true };
    }
    const showsOurs = service.ingress.some(({ ip }) => this.#ipam.poolOf(ip) !== undefined);
    if (held === undefined || showsOurs) {
      return { ...converge(this.#ipam, this.#pools.policy, service), foreign: false };
    }
    const ingress = held.map((ip) => ({ ip, hostname: '' }));
    const decision = converge(this.#ipam, this.#pools.policy, { ...service, ingress });
    const events = decision.events.length > 0 ? decision.events : [assigned(held)];
    return { ...decision, events, foreign: false };
  }

  /** The Service as it is: what we wrote last counts more than a mirror that does not show it yet. */
  #current(key: string): ServiceView | undefined {
    const mirrored = this.#deps.services.get(key);
    const written = this.#written.get(key);
    if (written !== undefined && mirrored?.resourceVersion === written.base) return written.after;
    this.#written.delete(key);
    return mirrored;
  }

  /** A Service that stopped being a load balancer has lost its class, so what we wrote on it tells that it was ours. */
  #concerns(key: string, service: ServiceView): boolean {
    if (service.type === 'LoadBalancer') return this.#isOurs(service);
    return (
      this.#options.loadBalancerClass === undefined ||
      service.allocatedFromPool !== undefined ||
      this.#ipam.allocationOf(key) !== undefined
    );
  }

  #isOurs({ type, loadBalancerClass }: ServiceView): boolean {
    return type === 'LoadBalancer' && loadBalancerClass === this.#options.loadBalancerClass;
  }

  /** A Service was deleted, be it that another one of its name came at once. */
  #gone(key: string): void {
    const { addressHoldMs } = this.#options;
    const nowMs = this.#deps.clock.nowMs();
    const until = addressHoldMs > 0 ? nowMs + addressHoldMs : undefined;
    this.#take(key, { ipam: this.#ipam.expire(nowMs).release(key, until) });
    this.#hands.forget(key);
    this.#written.delete(key);
  }

  #forget(key: string): void {
    this.#take(key, { ipam: this.#ipam.release(key) });
    this.#hands.forget(key);
    this.#waiting.delete(key);
    this.#refused.set(key, undefined);
    this.#told.forget(key);
    this.#written.delete(key);
  }

  /** Makes a decision the state, and sees to whom it may help. */
  #take(key: string, { ipam }: Pick<Decision, 'ipam'>): void {
    const before = this.#ipam.allocationOf(key);
    const after = ipam.allocationOf(key);
    this.#ipam = ipam;
    if (sameAllocation(before, after)) return;
    this.#counts.moved(ipam, before, after);
    if (before === undefined) return;
    for (const each of this.#waiting) if (each !== key) this.#deps.enqueue(each);
  }

  /** Writes what the Service shall show. False: it could not be written, and the change that prevented it will bring the Service here again. */
  async #show(
    key: string,
    service: ServiceView,
    { addresses, verdict, foreign }: ServiceDecision,
    signal: AbortSignal,
  ): Promise<boolean> {
    const pool = this.#ipam.allocationOf(key)?.pool;
    const patch = servicePatch(service, { addresses, pool, verdict }, this.#now());
    if (patch === undefined) return true;
    if (!this.#deps.entitled()) return false;
    if (foreign && !this.#hands.mayNote(key)) return true;
    const base = this.#deps.services.get(key)?.resourceVersion ?? service.resourceVersion;
    const done = await this.#attempt(async () => {
      const after = await this.#deps.write.service(service, patch, signal);
      // The watch may be faster than the answer.
      if (this.#deps.services.get(key)?.resourceVersion === base)
        this.#written.set(key, { base, after });
    });
    if (!done) return false;
    if (addresses !== undefined) this.#hands.wrote(key);
    this.#deps.log.debug('service written', {
      service: key,
      addresses: addresses?.join(',') ?? 'as they are',
      pool: pool ?? '',
      ...(verdict?.status === 'True' ? {} : { reason: verdict?.reason ?? '' }),
    });
    for (const annotation of service.deprecatedAnnotations) {
      const message = `Service uses deprecated annotation ${annotation}`;
      this.#deps.events.service(service, 'Warning', 'deprecatedAnnotation', message);
    }
    return true;
  }

  /** False where the object is gone: the mirror will tell. Where somebody else was faster it throws too, for another try on what the mirror shows then. */
  async #attempt(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      const code = error instanceof KubeError ? error.code : undefined;
      if (code === 'not-found') return false;
      if (code !== 'conflict') this.#deps.metrics.failed();
      throw error;
    }
  }

  /** Follows a change of pools or namespaces. All Services are looked at again, but only where the change matters to any of them. */
  #readPools(): void {
    if (this.#adoptPools()) this.#enqueueAll();
  }

  /** Puts the pools in force as they are now; whether that matters to any Service. */
  #adoptPools(): boolean {
    const change = this.#pools.read();
    if (change.ranges) {
      const { booked, refused } = this.#pools.book;
      const moved = this.#ipam.withPools([...booked.values()].map(({ pool }) => pool));
      if (!moved.ok)
        throw new Error(`pools were booked that do not fit together: ${moved.problem.message}`);
      this.#ipam = moved.next;
      this.#counts.recount(moved.next);
      this.#deps.log.info('pools read', {
        pools: booked.size,
        refused: refused.length,
        homeless: moved.dropped.length,
      });
    }
    return change.ranges || change.policy;
  }

  /** In a fixed order, so that Services that wait for one address get it by age. */
  #enqueueAll(): void {
    for (const service of byAge(this.#deps.services.values())) {
      this.#deps.enqueue(keyOfService(service));
    }
  }
}

/** Why the Service does not have what it asks for, as its condition says. */
function refusalOf({ verdict }: Pick<Decision, 'verdict'>): string | undefined {
  return verdict?.status === 'True' ? undefined : verdict?.reason;
}

function emptyIpam(): Ipam {
  const made = Ipam.create([]);
  if (!made.ok) throw new Error(made.problem.message);
  return made.ipam;
}

function sameSpec(one: PoolView | undefined, other: PoolView | undefined): boolean {
  const text = (pool: PoolView | undefined): string =>
    JSON.stringify([pool?.uid, pool?.spec, pool?.problems]);
  return text(one) === text(other);
}

function sameLabels(one: NamespaceView | undefined, other: NamespaceView | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function sameAllocation(one: Allocation | undefined, other: Allocation | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
