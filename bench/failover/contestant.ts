import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { metallb as metallbController, NAMESPACE } from '../controller-scale/contestant.ts';
import type { Lab } from '../../e2e/lab/lab.ts';
import type { LabNode } from '../../e2e/lab/lab-node.ts';
import type { Exit, LabProcess } from '../../e2e/lab/processes.ts';
import { podName, type PodFacts } from '../../e2e/lab/kubelet.ts';
import { run, tryRun } from '../../e2e/lab/run.ts';
import { waitFor } from '../../e2e/lab/wait-for.ts';

/** A running speaker, as scenarios treat it. */
export interface Speaker {
  readonly pid: number;
  readonly running: boolean;
  ready(): Promise<unknown>;
  /** Resolves when it could go on in the place of the one that runs on its node. */
  prepared?(): Promise<unknown>;
  kill(): Promise<Exit>;
  stop(): Promise<Exit>;
  freeze(): void;
  thaw(): void;
  restart(): void;
}

/** Our two strategies. */
export type Strategy = 'wire' | 'lease';

/** Whose speakers are measured. */
export interface Contestant {
  readonly name: string;
  /** Ours, by strategy; absent for a peer, which promised us nothing. */
  readonly strategy?: Strategy;
  /** The speakers' Pods; their ServiceAccount is the one whose writes are counted. */
  readonly pod: PodFacts;
  /** How their heartbeats look to nft. */
  readonly heartbeats: readonly string[];
  /** No takeover takes longer than this. */
  readonly patienceMs: number;
  /** After this, speakers that were restarted or healed count as well. */
  readonly settleMs: number;
  /** Called once, before the speakers start. */
  prepare(lab: Lab): Promise<void>;
  /** `under` is put before the command. */
  startSpeaker(lab: Lab, node: LabNode, under: readonly string[]): Promise<Speaker>;
  /** Called after each healing, before the others are waited for. */
  reunite(lab: Lab): Promise<void>;
}

/** As MetalLB's manifests label its speakers, and Helm charts theirs. */
const LABELS = {
  app: 'metallb',
  component: 'speaker',
  'app.kubernetes.io/component': 'speaker',
} as const;

const repository = path.resolve(import.meta.dirname, '../..');

/** Ours. The bundle is copied first: a run outlasts many builds. */
export async function picluster(
  strategy: Strategy,
  dataFolder: string,
  bundle: string = path.join(repository, 'packages/speaker/dist'),
): Promise<Contestant> {
  const copy = path.join(dataFolder, 'speaker');
  cpSync(bundle, copy, { recursive: true });
  const program = path.join(copy, 'main.mjs');
  const knowsFlag = (await run([process.execPath, program, '--help'])).includes('--l2-strategy');
  if (!knowsFlag && strategy !== 'lease')
    throw new Error(`this speaker has no strategy ${strategy}: npm run build`);
  const args = knowsFlag ? [`--l2-strategy=${strategy}`] : [];
  return {
    name: `picluster, ${strategy}`,
    strategy,
    pod: {
      account: 'picluster-speaker',
      labels: { ...LABELS, 'app.kubernetes.io/name': 'picluster' },
      readyUrl: 'http://127.0.0.1:7482/readyz',
    },
    heartbeats: ['ether type 0x88b5'],
    patienceMs: strategy === 'wire' ? 25_000 : 30_000,
    settleMs: strategy === 'wire' ? 1_500 : 3_000,
    prepare: async (lab) => void (await (await lab.startController()).ready()),
    startSpeaker: async (_lab, node, under) => await node.startSpeaker({ args, program, under }),
    reunite: async () => {},
  };
}

const MEMBERLIST_PORT = 7946;
const METRICS_PORT = 7472;
const METRICS = `http://127.0.0.1:${METRICS_PORT}/metrics`;

/**
 * MetalLB's speaker v0.15.2 in native mode, its members found by Pods and talking encrypted, as its manifests have it. Addresses come from our
 * controller, for it as for ours.
 */
export function metallb(program: string, dataFolder: string): Contestant {
  const { account, objects } = metallbController('');
  const secrets = path.join(dataFolder, 'memberlist');
  let labelled = 0;
  return {
    name: 'MetalLB 0.15.2',
    pod: { account, labels: LABELS, readyUrl: METRICS },
    heartbeats: ['udp dport', 'tcp dport', 'tcp sport'].map(
      (field) => `ether type ip ${field} ${MEMBERLIST_PORT}`,
    ),
    patienceMs: 20_000,
    settleMs: 4_000,
    prepare: async (lab) => {
      mkdirSync(secrets, { recursive: true });
      writeFileSync(path.join(secrets, 'secretkey'), 'AAAAAAAAAAAAAAAAAAAAAA');
      await lab.apply(objects);
      await (await lab.startController()).ready();
    },
    startSpeaker: async (lab, node, under) => {
      const kubeconfig = await lab.kubeconfigOf(account);
      const [first = program, ...more] = [...under, program, ...speakerFlags(node, secrets)];
      return new MetallbSpeaker(node, () =>
        lab.startProcess({
          name: `speaker-${node.name}`,
          netns: node.name,
          command: [first, ...more],
          env: { KUBECONFIG: kubeconfig, METALLB_BGP_TYPE: 'native' },
        }),
      );
    },
    // It looks for lost members once a minute, and when the labels of its own node change.
    reunite: async (lab) => {
      labelled += 1;
      for (const { name } of lab.nodes)
        await lab.api.patch(`/api/v1/nodes/${name}`, {
          metadata: { labels: { 'bench.example/round': String(labelled) } },
        });
    },
  };
}

function speakerFlags(node: LabNode, secrets: string): readonly string[] {
  return [
    `--namespace=${NAMESPACE}`,
    `--node-name=${node.name}`,
    `--pod-name=${podName(node)}`,
    `--host=127.0.0.1`,
    `--port=${METRICS_PORT}`,
    `--ml-bindaddr=${node.addresses.ipv4}`,
    `--ml-bindport=${MEMBERLIST_PORT}`,
    `--ml-labels=app=${LABELS.app},component=${LABELS.component}`,
    `--ml-secret-key-path=${secrets}`,
  ];
}

class MetallbSpeaker implements Speaker {
  readonly #node: LabNode;
  readonly #start: () => LabProcess;
  #process: LabProcess;

  constructor(node: LabNode, start: () => LabProcess) {
    this.#node = node;
    this.#start = start;
    this.#process = start();
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  async ready(): Promise<void> {
    await waitFor(
      `MetalLB's speaker on ${this.#node.name} to have its configuration`,
      async () => {
        const words = ['curl', '-s', '--max-time', '2', METRICS] as const;
        const { stdout } = await tryRun(words, { netns: this.#node.name });
        return !this.running || stdout.includes('metallb_k8s_client_config_loaded_bool 1');
      },
      30_000,
    );
    if (!this.running) throw new Error(`MetalLB's speaker ended:\n${this.#process.output()}`);
  }

  async kill(): Promise<Exit> {
    return await this.#process.kill();
  }

  async stop(): Promise<Exit> {
    return await this.#process.stop();
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  restart(): void {
    this.#process = this.#start();
  }
}
