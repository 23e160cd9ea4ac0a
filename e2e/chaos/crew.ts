import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { KubeApi } from '../lab/kube-api.ts';
import type { LabProcess } from '../lab/processes.ts';
import { waitFor } from '../lab/wait-for.ts';
import { startController } from './controller-process.ts';
import type { LaneDeps } from './lane.ts';
import { MisbehavingProxy } from './misbehaving-proxy.ts';
import { WriterLog } from './writer-log.ts';

/** One of several controllers for the same pools, and its proxy. */
export class Mate {
  readonly name: string;
  readonly proxy: MisbehavingProxy;
  readonly #start: (name: string, kubeconfig: string) => LabProcess;
  #process: LabProcess;
  #onConnection: (() => void) | undefined;

  private constructor(
    name: string,
    proxy: MisbehavingProxy,
    start: (name: string, kubeconfig: string) => LabProcess,
  ) {
    this.name = name;
    this.proxy = proxy;
    this.#start = start;
    this.#process = start(name, proxy.kubeconfig);
  }

  static async start(
    deps: LaneDeps,
    name: string,
    log: WriterLog,
    start: (name: string, kubeconfig: string) => LabProcess,
  ): Promise<Mate> {
    let mate: Mate | undefined = undefined;
    const proxy = await MisbehavingProxy.start(
      deps.upstream,
      deps.certificate,
      path.join(deps.dir, name),
      { observer: { ...log.observer(name), connection: () => mate?.connected() } },
    );
    mate = new Mate(name, proxy, start);
    return mate;
  }

  get running(): boolean {
    return this.#process.running;
  }

  connected(): void {
    const act = this.#onConnection;
    this.#onConnection = undefined;
    act?.();
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  restart(): void {
    this.#process = this.#start(this.name, this.proxy.kubeconfig);
  }

  freeze(): void {
    this.#process.freeze();
  }

  /** Freezes it in the middle of opening its next connection: the TLS handshake is not done then, and the request not sent. */
  freezeAtNextConnection(): void {
    this.#onConnection = () => this.#process.freeze();
  }

  thaw(): void {
    this.#onConnection = undefined;
    this.#process.thaw();
  }
}

/** Several controllers of which one works and the others stand by, each behind a proxy of its own so that it shows who wrote. */
export class Crew {
  readonly log: WriterLog = new WriterLog();
  readonly mates: Mate[] = [];
  readonly poolNamespace: string;
  readonly #deps: LaneDeps;

  constructor(deps: LaneDeps, poolNamespace: string) {
    this.#deps = deps;
    this.poolNamespace = poolNamespace;
  }

  async start(
    names: readonly string[],
    leaseTimings: readonly [string, string, string],
    loadBalancerClass: string,
  ): Promise<void> {
    const { program, processes, dir } = this.#deps;
    const { poolNamespace } = this;
    for (const name of names) {
      const stateDir = path.join(dir, `${name}-state`);
      mkdirSync(stateDir);
      const start = (itsName: string, kubeconfig: string): LabProcess =>
        startController(processes, program, {
          name: itsName,
          kubeconfig,
          poolNamespace,
          loadBalancerClass,
          leaseTimings,
          stateDir,
        });
      this.mates.push(await Mate.start(this.#deps, name, this.log, start));
    }
  }

  /** Who leads now. */
  async leader(): Promise<Mate> {
    return await waitFor(
      'a leader',
      () => this.mates.find(({ name }) => name === this.log.holder),
      20_000,
    );
  }

  /** Somebody who writes through a proxy that counts as `name`, and cares for no Lease. */
  async intruder(name: string): Promise<{ api: KubeApi; stop(): Promise<void> }> {
    const { upstream, certificate, dir } = this.#deps;
    const proxy = await MisbehavingProxy.start(upstream, certificate, path.join(dir, name), {
      observer: this.log.observer(name),
    });
    const api = new KubeApi(proxy.access);
    return {
      api,
      stop: async () => {
        api.close();
        await proxy.stop();
      },
    };
  }

  async stop(): Promise<void> {
    for (const mate of this.mates) mate.thaw();
    await Promise.all(this.mates.map((mate) => mate.stop()));
    await Promise.all(this.mates.map((mate) => mate.proxy.stop()));
  }
}
