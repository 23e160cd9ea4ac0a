import { mkdirSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiWrites, total, type WriteCounts } from '../controller-scale/api-writes.ts';
import { NAMESPACE } from '../controller-scale/contestant.ts';
import type { KubeObject } from '../../e2e/lab/kube-api.ts';
import type { LabNode } from '../../e2e/lab/lab-node.ts';
import { Lab } from '../../e2e/lab/lab.ts';
import type { Contestant, Speaker } from './contestant.ts';
import { registerPod, startKubelet } from '../../e2e/lab/kubelet.ts';
import { Prober } from './prober.ts';
import { theSwitch } from '../../e2e/lab/switch.ts';

/** An address family by its number. */
export type Family = '4' | '6';

/** What a stage is set up with. */
export interface StageOptions {
  readonly contestant: Contestant;
  readonly families: readonly Family[];
  readonly kubernetes: 'real' | 'sim';
  readonly dataFolder: string;
  /** The speakers run in real time: what is seen then is the program, and not what else the machine does. */
  readonly realTime: boolean;
  readonly say: (line: string) => void;
}

/** Addresses come from our controller, whoever answers. */
const CONTROLLER = accountName('picluster-controller');

const REAL_TIME = ['chrt', '--rr', '1'] as const;

/** Our own 231 IPv4 addresses on the LAN, and 256 IPv6 ones. */
const POOL = [
  '192.168.77.20-192.168.77.199',
  '192.168.77.201-192.168.77.250',
  'fd77::1:0-fd77::1:ff',
];
const CALM_MS = 300;
const CALM_INTERVAL_MS = 20;
const RESET_LIMIT_MS = 100_000;
const RESTART_AFTER_MS = 75_000;
const ADDRESS_LIMIT_MS = 60_000;

/** The lab with one contestant's speakers on its nodes, for many runs. */
export class Stage implements AsyncDisposable {
  readonly lab: Lab;
  readonly contestant: Contestant;
  readonly families: readonly Family[];
  readonly #speakers = new Map<string, Speaker>();
  readonly #writes: ApiWrites | undefined;
  /** What speakers, and whoever watches how long they wait for a CPU, are started under. */
  readonly under: readonly string[];
  readonly #kubernetes: 'real' | 'sim';
  readonly #say: (line: string) => void;
  #services: readonly string[] = [];
  #addresses: readonly string[] = [];

  private constructor(lab: Lab, options: StageOptions, writes: ApiWrites | undefined) {
    this.lab = lab;
    this.contestant = options.contestant;
    this.families = options.families;
    this.under = options.realTime ? REAL_TIME : [];
    this.#kubernetes = options.kubernetes;
    this.#say = options.say;
    this.#writes = writes;
  }

  /** Starts the lab, three speakers, and as many Services as given, each with an address of each family. */
  static async start(options: StageOptions, services: number): Promise<Stage> {
    const { contestant, kubernetes } = options;
    const dir = path.join(options.dataFolder, `audit-${contestant.name.replaceAll(/\W+/g, '-')}`);
    mkdirSync(dir, { recursive: true });
    const user = accountName(contestant.pod.account);
    const writes = kubernetes === 'real' ? new ApiWrites(dir, user, CONTROLLER) : undefined;
    const apiServerArgs = writes?.serverArgs ?? [];
    const lab = await Lab.start({ kubernetes, namespace: NAMESPACE, apiServerArgs });
    const stage = new Stage(lab, options, writes);
    try {
      await stage.#prepare(services);
      return stage;
    } catch (error) {
      options.say(`logs: ${lab.keepLogs()}`);
      await lab.stop();
      throw error;
    }
  }

  /** The Services' addresses of a family, or of all. */
  addresses(family?: Family): readonly string[] {
    if (family === undefined) return this.#addresses;
    return this.#addresses.filter((address) => familyOf(address) === family);
  }

  speaker(node: LabNode): Speaker {
    const speaker = this.#speakers.get(node.name);
    if (speaker === undefined) throw new Error(`no speaker was started on ${node.name}`);
    return speaker;
  }

  /** Starts another speaker on a node where one runs; from now on it is that node's. */
  async startBeside(node: LabNode): Promise<Speaker> {
    const next = await this.contestant.startSpeaker(this.lab, node, this.under);
    this.#speakers.set(node.name, next);
    return next;
  }

  /** Writes of all speakers to the API server so far; undefined where they are not counted. */
  writes(): number | undefined {
    return this.#writes === undefined ? undefined : total(this.#writes.read());
  }

  /** The same by kind, or those of the controller; undefined where they are not counted. */
  writesByKind(of: 'speakers' | 'controller'): WriteCounts | undefined {
    return this.#writes?.read(of === 'controller' ? CONTROLLER : undefined);
  }

  /** Who answers for each address now: none, one or more. */
  async answerers(): Promise<ReadonlyMap<string, readonly LabNode[]>> {
    const intervalMs = Math.max(CALM_INTERVAL_MS, this.#addresses.length / 4);
    const options = { intervalMs, limitMs: 10_000 };
    const prober = await Prober.start(this.lab, this.#addresses, options);
    await sleep(Math.max(CALM_MS, 4 * intervalMs));
    const recordings = await prober.stop();
    return new Map(
      recordings.map(({ address, answers }) => {
        const macs = [...new Set(answers.map(({ mac }) => mac))];
        return [address, macs.map((mac) => this.lab.nodeOf(mac))];
      }),
    );
  }

  /** Mends all that a run broke, and waits until every address has one answerer again; gives who that is. */
  async reset(): Promise<ReadonlyMap<string, LabNode>> {
    await theSwitch.heal();
    if (!this.lab.apiServer.running) await this.lab.apiServer.start();
    for (const node of this.lab.nodes) {
      const speaker = this.speaker(node);
      if (speaker.running) speaker.thaw();
      else speaker.restart();
    }
    await Promise.all([...this.#speakers.values()].map(async (each) => await each.ready()));
    await this.contestant.reunite(this.lab);
    await sleep(this.contestant.settleMs);
    return await this.untilCalm();
  }

  /** Waits until every address has one answerer, and gives who that is. */
  async untilCalm(): Promise<ReadonlyMap<string, LabNode>> {
    const startedMs = performance.now();
    let wasRestarted = false;
    for (;;) {
      const answerers = [...(await this.answerers())];
      const single = answerers.flatMap(([address, [owner, ...more]]) =>
        owner === undefined || more.length > 0 ? [] : [[address, owner] as const],
      );
      if (single.length === answerers.length) return new Map(single);
      const ms = performance.now() - startedMs;
      if (ms > RESET_LIMIT_MS)
        throw new Error(`no single answerer of each address within ${RESET_LIMIT_MS / 1_000} s`);
      if (ms > RESTART_AFTER_MS && !wasRestarted) {
        wasRestarted = true;
        this.#say('an address has no single answerer: all speakers are restarted');
        await this.#restartAll();
      }
      await sleep(CALM_MS);
    }
  }

  /** Makes so many Services instead of those that there are, and waits until all their addresses are answered for. */
  async useServices(count: number): Promise<void> {
    const named = Array.from({ length: count }, (_, i) => `web-${i + 1}`);
    for (const name of this.#services.filter((each) => !named.includes(each)))
      await this.lab.delete(
        { apiVersion: 'v1', kind: 'Service', metadata: { name } },
        ...this.#slices(name),
      );
    for (const name of named.filter((each) => !this.#services.includes(each)))
      await this.lab.service({ name, family: this.#family() });
    this.#services = named;
    const addresses: string[] = [];
    for (const name of named)
      addresses.push(...(await this.lab.addresses(name, 'default', ADDRESS_LIMIT_MS)));
    this.#addresses = addresses;
    if (this.#kubernetes === 'sim')
      for (const name of named) await this.lab.standInForKubeProxy(name);
    await this.untilCalm();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.stop();
  }

  async #prepare(services: number): Promise<void> {
    const { contestant, lab } = this;
    await theSwitch.heal();
    // As a switch does with frames to all nodes (RFC 4541 §3).
    for (const port of ['client', ...lab.nodes.map(({ name }) => name)])
      await theSwitch.giveAllMulticast(port);
    await theSwitch.count(
      lab.nodes.map(({ name }) => name),
      contestant.heartbeats,
    );
    await contestant.prepare(lab);
    const place = { namespace: NAMESPACE, name: 'lan' };
    const apiVersion = 'metallb.io/v1beta1';
    await lab.apply([
      { apiVersion, kind: 'IPAddressPool', metadata: place, spec: { addresses: POOL } },
      { apiVersion, kind: 'L2Advertisement', metadata: place, spec: { interfaces: ['eth0'] } },
    ]);
    for (const node of lab.nodes) {
      await registerPod(lab, node, contestant.pod);
      startKubelet(lab, node, contestant.pod);
    }
    for (const node of lab.nodes)
      this.#speakers.set(node.name, await contestant.startSpeaker(lab, node, this.under));
    await Promise.all([...this.#speakers.values()].map(async (each) => await each.ready()));
    await this.useServices(services);
  }

  #family(): 'IPv4' | 'IPv6' | 'dual' {
    if (this.families.length > 1) return 'dual';
    return this.families[0] === '6' ? 'IPv6' : 'IPv4';
  }

  #slices(service: string): readonly KubeObject[] {
    const apiVersion = 'discovery.k8s.io/v1';
    return this.families.map((family) => ({
      apiVersion,
      kind: 'EndpointSlice',
      metadata: { name: `${service}-ipv${family}` },
    }));
  }

  async #restartAll(): Promise<void> {
    for (const speaker of this.#speakers.values()) {
      await speaker.kill();
      speaker.restart();
      await speaker.ready();
    }
  }
}

function accountName(account: string): string {
  return `system:serviceaccount:${NAMESPACE}:${account}`;
}

/** The family of an address. */
export function familyOf(address: string): Family {
  return isIPv6(address) ? '6' : '4';
}
