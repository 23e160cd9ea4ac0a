import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installDeployment } from '../../e2e/lab/cluster-setup.ts';
import { startControlPlane, type ControlPlane } from '../../e2e/lab/control-plane.ts';
import { Applier } from '../../e2e/lab/manifests.ts';
import { Processes, type LabProcess } from '../../e2e/lab/processes.ts';
import { ApiWrites, total, writesBetween, type WriteCounts } from './api-writes.ts';
import { kubeconfigOf, NAMESPACE, type Contestant } from './contestant.ts';
import { cpuSeconds, memory, MemoryPeak, type Memory } from './process-usage.ts';
import { ServiceLoad } from './service-load.ts';

/** What was seen of one contestant. Times in seconds. */
export interface Measured {
  readonly name: string;
  readonly services: number;
  /** From the first creation until the last was created, and until all had an address. */
  readonly createdAfter: number;
  readonly assignedAfter: number;
  /** How many different addresses the Services have: as many as Services. */
  readonly addresses: number;
  /** From the first creation until the controller wrote nothing more. */
  readonly quietAfter: number;
  readonly cpu: number;
  readonly writes: WriteCounts;
  readonly idleBefore: Memory;
  readonly idleAfter: Memory;
  readonly peak: Memory;
  readonly afterKill: number;
  readonly afterStop: number;
  readonly restarted: Memory;
  readonly idleWrites: number;
  readonly idleLeaseWrites: number;
  readonly idleCpu: number;
}

/** How much is asked. */
export interface Load {
  readonly services: number;
  readonly idleMs: number;
}

const START_LIMIT_MS = 600_000;
const ASSIGN_LIMIT_MS = 1_800_000;
/** Nothing was written for so long: the controller is done. Longer than its own delays. */
const QUIET_MS = 5_000;
const POLL_MS = 500;
const SETTLE_MS = 5_000;
const POOL = '10.128.0.0/12';

/** Everything about one contestant, on a cluster of its own. */
export async function measure(
  contestant: Contestant,
  load: Load,
  folder: string,
  say: (line: string) => void,
): Promise<Measured> {
  const dir = path.join(folder, contestant.name);
  mkdirSync(dir, { recursive: true });
  const user = `system:serviceaccount:${NAMESPACE}:${contestant.account}`;
  const writes = new ApiWrites(dir, user);
  const cluster = await startControlPlane({
    dir,
    controllerManager: false,
    apiServerArgs: writes.serverArgs,
  });
  const processes = new Processes(path.join(folder, 'logs'));
  try {
    await prepare(cluster, contestant);
    await using services = new ServiceLoad(cluster.api, cluster.kubeconfig);
    await services.start();
    const kubeconfig = await kubeconfigOf(cluster, contestant);
    const start = (): LabProcess => processes.start(contestant.start(kubeconfig));
    const trial = new Trial(contestant.name, services, writes, start, say);
    try {
      return await trial.run(load);
    } catch (cause) {
      throw new Error(`${contestant.name} failed; its log ends:\n${trial.log()}`, { cause });
    }
  } finally {
    await processes.stop();
    await cluster.stop();
  }
}

async function prepare(cluster: ControlPlane, contestant: Contestant): Promise<void> {
  const applier = new Applier(cluster.api);
  await installDeployment(applier, NAMESPACE);
  await applier.apply(contestant.objects);
  await applier.apply([
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'big', namespace: NAMESPACE },
      spec: { addresses: [POOL] },
    },
  ]);
}

/** The story that each contestant goes through. */
class Trial {
  readonly #name: string;
  readonly #services: ServiceLoad;
  readonly #writes: ApiWrites;
  readonly #start: () => LabProcess;
  readonly #say: (line: string) => void;
  #controller: LabProcess;
  #assigned = 0;
  #made = 0;

  constructor(
    name: string,
    services: ServiceLoad,
    writes: ApiWrites,
    start: () => LabProcess,
    say: (line: string) => void,
  ) {
    this.#name = name;
    this.#services = services;
    this.#writes = writes;
    this.#start = start;
    this.#say = (line) => say(`${name}: ${line}`);
    this.#controller = start();
  }

  /** The last lines of the controller's log. */
  log(): string {
    return this.#controller.output();
  }

  async run({ services, idleMs }: Load): Promise<Measured> {
    // The first start fills the compile cache; it is written at an orderly end.
    await this.#one();
    await this.#controller.stop();
    this.#controller = this.#start();
    await this.#one();
    await sleep(SETTLE_MS);
    const idleBefore = memory(this.#controller.pid);
    const burst = await this.#burst(services);
    await sleep(SETTLE_MS);
    const idleAfter = memory(this.#controller.pid);
    this.#say(`idle for ${idleMs / 1000} s`);
    const idle = await this.#idle(idleMs);
    const afterStop = await this.#comeBack(() => this.#controller.stop());
    await sleep(SETTLE_MS);
    const restarted = memory(this.#controller.pid);
    const afterKill = await this.#comeBack(() => this.#controller.kill());
    await this.#controller.stop();
    const counts = { name: this.#name, services };
    return { ...counts, ...burst, ...idle, idleBefore, idleAfter, afterKill, afterStop, restarted };
  }

  /** Creates one Service, and waits for its address. */
  async #one(): Promise<void> {
    await this.#services.create(`one-${this.#made++}`, 1);
    await this.#services.untilAssigned(++this.#assigned, START_LIMIT_MS);
  }

  async #burst(count: number) {
    const { pid } = this.#controller;
    using peak = new MemoryPeak(pid);
    const writesBefore = this.#writes.read();
    const cpuBefore = cpuSeconds(pid);
    const startedMs = performance.now();
    const elapsed = (): number => (performance.now() - startedMs) / 1000;
    const creation = this.#services.create('load', count).then(elapsed);
    this.#assigned += count;
    await this.#services.untilAssigned(this.#assigned, ASSIGN_LIMIT_MS);
    const assignedAfter = elapsed();
    const createdAfter = await creation;
    this.#say(`${count} Services assigned in ${assignedAfter.toFixed(1)} s`);
    await this.#untilQuiet();
    return {
      createdAfter,
      assignedAfter,
      addresses: this.#services.assigned.addresses - (this.#assigned - count),
      quietAfter: elapsed() - QUIET_MS / 1000,
      cpu: cpuSeconds(pid) - cpuBefore,
      writes: writesBetween(writesBefore, this.#writes.read()),
      peak: { residentMb: peak.residentMb, anonymousMb: peak.anonymousMb },
    };
  }

  async #untilQuiet(): Promise<void> {
    let before = -1;
    let sinceMs = 0;
    while (before < 0 || performance.now() - sinceMs < QUIET_MS) {
      const now = total(this.#writes.read(), ['leases']);
      if (now !== before) sinceMs = performance.now();
      before = now;
      await sleep(POLL_MS);
    }
  }

  async #idle(ms: number) {
    const { pid } = this.#controller;
    const writesBefore = this.#writes.read();
    const cpuBefore = cpuSeconds(pid);
    await sleep(ms);
    const writes = writesBetween(writesBefore, this.#writes.read());
    const idleLeaseWrites = writes.get('leases') ?? 0;
    return {
      idleWrites: total(writes) - idleLeaseWrites,
      idleLeaseWrites,
      idleCpu: cpuSeconds(pid) - cpuBefore,
    };
  }

  /** Ends the controller, starts it again, and takes the time until a Service made at that moment has its address. */
  async #comeBack(end: () => Promise<unknown>): Promise<number> {
    await end();
    const startedMs = performance.now();
    this.#controller = this.#start();
    await this.#one();
    const seconds = (performance.now() - startedMs) / 1000;
    this.#say(`back after ${seconds.toFixed(1)} s`);
    return seconds;
  }
}
