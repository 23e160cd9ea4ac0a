import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessOptions } from '../../e2e/lab/processes.ts';
import { IMAGE_ENV, NAMESPACE } from '../controller-scale/contestant.ts';
import { PEER_POD } from './cluster.ts';

/** The two daemons, ours and the peer's. */
export type Daemon = 'controller' | 'speaker';

/** One of the programs that are compared. */
export interface Contestant {
  readonly name: string;
  readonly daemon: Daemon;
  readonly ours: boolean;
  /** Its ServiceAccount. */
  readonly account: string;
  /** What it serves when it does its job, and how the answer then begins or what is in it. */
  readonly ready: { readonly port: number; readonly path: string; readonly says: RegExp };
  /** How it is started; `kubeconfig` is its own account's. */
  start(kubeconfig: string): ProcessOptions;
}

const repository = path.resolve(import.meta.dirname, '../..');
const METRICS_PORT = 9120;
const HEALTH_PORT = 17_472;
const PEER_PORT = 9121;

/** Ours as the image runs it: its bundle, under plain `node`. */
export function picluster(
  daemon: Daemon,
  node: string,
  dataFolder: string,
  program: string = path.join(repository, `packages/${daemon}/dist/main.mjs`),
): Contestant {
  if (!existsSync(program)) throw new Error(`the ${daemon} is not built: npm run build`);
  const own = {
    controller: [`--state-dir=${dataFolder}`],
    speaker: [`--node-name=${node}`],
  } as const;
  return {
    name: 'picluster',
    daemon,
    ours: true,
    account: `picluster-${daemon}`,
    ready: { port: HEALTH_PORT, path: '/readyz', says: /^ok/ },
    start: (kubeconfig) => ({
      name: `picluster-${daemon}`,
      command: [
        process.execPath,
        program,
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${NAMESPACE}`,
        `--metrics-port=${METRICS_PORT}`,
        `--health-port=${HEALTH_PORT}`,
        ...own[daemon],
      ],
      env: IMAGE_ENV,
    }),
  };
}

/** MetalLB's v0.15.2: its controller without webhook, its speaker in native mode with memberlist, encrypted, alone on its node. */
export function metallb(
  daemon: Daemon,
  node: string,
  dataFolder: string,
  program: string,
): Contestant {
  const secrets = path.join(dataFolder, 'memberlist');
  mkdirSync(secrets, { recursive: true });
  writeFileSync(path.join(secrets, 'secretkey'), 'AAAAAAAAAAAAAAAAAAAAAA');
  const own = {
    controller: ['--webhook-mode=disabled'],
    speaker: [
      `--node-name=${node}`,
      '--host=127.0.0.1',
      `--pod-name=${PEER_POD}`,
      '--ml-bindaddr=127.0.0.1',
      '--ml-labels=app=metallb,component=speaker',
      `--ml-secret-key-path=${secrets}`,
    ],
  } as const;
  return {
    name: 'MetalLB 0.15.2',
    daemon,
    ours: false,
    account: 'metallb-controller',
    ready: {
      port: PEER_PORT,
      path: '/metrics',
      says: /^metallb_k8s_client_config_loaded_bool 1$/m,
    },
    start: (kubeconfig) => ({
      name: `metallb-${daemon}`,
      command: [program, `--namespace=${NAMESPACE}`, `--port=${PEER_PORT}`, ...own[daemon]],
      env: { KUBECONFIG: kubeconfig, METALLB_BGP_TYPE: 'native' },
    }),
  };
}
