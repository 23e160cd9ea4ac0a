import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../lab/control-plane.ts';
import type { LabProcess, Processes } from '../lab/processes.ts';
import { waitFor } from '../lab/wait-for.ts';
import type { PoolObject, ServiceObject } from './cluster-model.ts';
import type { Certificate } from './certificate.ts';
import { type ControllerProgram, startController } from './controller-process.ts';
import { Draws } from './draws.ts';
import { FaultPlan } from './fault-plan.ts';
import { History, lossesWithoutCause } from './history.ts';
import { MisbehavingProxy, type Upstream } from './misbehaving-proxy.ts';
import { problemsAtRest, type Rest } from './oracle.ts';
import { Workload, type Place } from './workload.ts';

/** What all lanes share. */
export interface LaneDeps {
  readonly controlPlane: ControlPlane;
  readonly upstream: Upstream;
  readonly certificate: Certificate;
  readonly program: ControllerProgram;
  readonly processes: Processes;
  readonly dir: string;
}

/** How one schedule went. */
export interface ScheduleResult {
  readonly seed: number;
  readonly problems: readonly string[];
  /** Everything that a reader needs to see what happened. */
  readonly account: string;
  readonly faults: number;
  readonly tookMs: number;
  /** From when the faults were lifted until all was right. */
  readonly convergedMs: number;
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

/** Short, so that a killed controller is back soon; long enough for a machine that is busy. */
const LEASE_TIMINGS = ['2s', '1500ms', '300ms'] as const;
const CONVERGE_LIMIT_MS = 30_000;
/** How long a right state must stay the same to count as rest. */
const REST_MS = 150;

/** A controller of its own behind a proxy of its own, with namespaces, addresses and a load balancer class that no other lane has. */
export class Lane {
  readonly place: Place;
  readonly #deps: LaneDeps;
  readonly #proxy: MisbehavingProxy;
  #controller: LabProcess | undefined;

  private constructor(deps: LaneDeps, place: Place, proxy: MisbehavingProxy) {
    this.#deps = deps;
    this.place = place;
    this.#proxy = proxy;
  }

  /** Makes the namespaces and the proxy. Lane 0 has no load balancer class. */
  static async start(deps: LaneDeps, number: number): Promise<Lane> {
    const place: Place = {
      number: 70 + number,
      poolNamespace: `pools-${number}`,
      namespaces: [`chaos-${number}-a`, `chaos-${number}-b`],
      loadBalancerClass: number === 0 ? undefined : `chaos.example/lane-${number}`,
    };
    for (const name of [place.poolNamespace, ...place.namespaces]) {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      await deps.controlPlane.api.create('/api/v1/namespaces', namespace);
    }
    const dir = path.join(deps.dir, `lane-${number}`);
    return new Lane(
      deps,
      place,
      await MisbehavingProxy.start(deps.upstream, deps.certificate, dir),
    );
  }

  /** Runs one schedule from nothing and back to nothing. */
  async run(seed: number): Promise<ScheduleResult> {
    const startMs = performance.now();
    const draws = Draws.of(seed);
    if (this.#controller?.running !== true) this.#startController(draws);
    const plan = new FaultPlan(seed);
    const steps: string[] = [];
    const say = (what: string): void =>
      void steps.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
    using history = new History();
    const { namespaces, poolNamespace } = this.place;
    const { resourceVersion } = (await this.#list<PoolObject>(this.#poolsPath())).metadata;
    history.follow(this.#deps.upstream, namespaces, poolNamespace, resourceVersion);
    const workload = new Workload(this.#deps.controlPlane.api, this.place, Draws.of(seed, 'work'));

    if (draws.chance(0.5)) this.#proxy.misbehave(plan);
    await workload.begin();
    this.#proxy.misbehave(plan);
    const count = draws.between(6, 14);
    for (let step = 0; step < count; step++) {
      say(await workload.step());
      if (draws.chance(0.06)) say(await this.#restart(draws));
      if (draws.chance(0.06)) {
        say('token expired');
        void this.#proxy.expireToken(draws.between(0, 200));
      }
      if (draws.chance(0.6)) await sleep(draws.between(0, 120));
    }
    await workload.mend();
    this.#proxy.behave();
    say('faults lifted');

    const liftedMs = performance.now();
    const problems = await this.#settle(history);
    const convergedMs = performance.now() - liftedMs;
    const faults = this.#proxy.notes.length;
    const account = problems.length === 0 ? '' : await this.#account(plan, steps);
    if (problems.length > 0) await this.#controller?.kill();
    await this.#clear();
    return { seed, problems, account, faults, convergedMs, tookMs: performance.now() - startMs };
  }

  async stop(): Promise<void> {
    await this.#controller?.stop();
    await this.#proxy.stop();
  }

  /** Waits until all is right and stays so; gives what is wrong where that does not come about. */
  async #settle(history: History): Promise<readonly string[]> {
    const deadlineMs = performance.now() + CONVERGE_LIMIT_MS;
    for (;;) {
      const rest = await this.#rest();
      const problems = problemsAtRest(rest);
      if (problems.length === 0) {
        await sleep(REST_MS);
        if (versions(await this.#rest()) === versions(rest)) break;
      } else if (performance.now() > deadlineMs) {
        return problems;
      } else {
        await sleep(50);
      }
    }
    // The watches must have brought everything up to now.
    const { resourceVersion } = newest(await this.#rest());
    await waitFor('the history', () => history.seen >= resourceVersion, 5_000);
    return lossesWithoutCause(history);
  }

  async #rest(): Promise<Rest> {
    const [pools, ...services] = await Promise.all([
      this.#list<PoolObject>(this.#poolsPath()),
      ...this.place.namespaces.map((name) => this.#list<ServiceObject>(servicesPath(name))),
    ]);
    return { pools: pools.items, services: services.flatMap(({ items }) => items) };
  }

  #startController(draws: Draws): void {
    const { program, processes } = this.#deps;
    const { number, poolNamespace, loadBalancerClass } = this.place;
    this.#controller = startController(processes, program, {
      name: `controller-${number}`,
      kubeconfig: this.#proxy.kubeconfig,
      poolNamespace,
      loadBalancerClass,
      leaseTimings: LEASE_TIMINGS,
      addressHold: draws.pick(['0s', '60s']),
    });
  }

  async #restart(draws: Draws): Promise<string> {
    const how = draws.pick(['killed', 'killed', 'stopped'] as const);
    if (how === 'killed') await this.#controller?.kill();
    else await this.#controller?.stop(2_000);
    this.#startController(draws);
    return `controller ${how} and started again`;
  }

  async #clear(): Promise<void> {
    const { api } = this.#deps.controlPlane;
    await Promise.all(
      [...this.place.namespaces.map(servicesPath), this.#poolsPath()].map((each) =>
        api.delete(each),
      ),
    );
  }

  async #account(plan: FaultPlan, steps: readonly string[]): Promise<string> {
    return [
      `faults, ${plan.description}`,
      'steps:',
      ...steps,
      'what the proxy did:',
      ...this.#proxy.notes,
      'state:',
      JSON.stringify(await this.#rest()),
      'end of the log of the controller:',
      this.#controller?.output(20_000) ?? '',
    ].join('\n');
  }

  #poolsPath(): string {
    return `/apis/metallb.io/v1beta1/namespaces/${this.place.poolNamespace}/ipaddresspools`;
  }

  async #list<T>(from: string): Promise<List<T>> {
    return await this.#deps.controlPlane.api.get<List<T>>(from);
  }
}

function servicesPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/services`;
}

function versions({ pools, services }: Rest): string {
  return [...pools, ...services].map(({ metadata }) => metadata.resourceVersion).join();
}

function newest({ pools, services }: Rest): { readonly resourceVersion: bigint } {
  const all = [...pools, ...services].map(({ metadata }) => BigInt(metadata.resourceVersion));
  return { resourceVersion: all.reduce((one, other) => (one > other ? one : other), 0n) };
}
