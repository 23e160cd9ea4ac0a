import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ClusterAccess } from '../../e2e/lab/cluster-access.ts';
import type { KubeObject } from '../../e2e/lab/kube-api.ts';
import type { ProcessOptions } from '../../e2e/lab/processes.ts';

/** Where the daemons and the pools are. */
export const NAMESPACE = 'metallb-system';

/** The environment in our images; see deploy/images. */
export const IMAGE_ENV = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '32768',
} as const;

/** One of the controllers that are compared. */
export interface Contestant {
  readonly name: string;
  /** Its ServiceAccount in {@link NAMESPACE}. */
  readonly account: string;
  /** Applied after `deploy/`. */
  readonly objects: readonly KubeObject[];
  /** How it is started; `kubeconfig` is its own account's. */
  start(kubeconfig: string): ProcessOptions;
}

const repository = path.resolve(import.meta.dirname, '../..');

/** Ours as the image runs it. */
export function picluster(
  dataFolder: string,
  nodeFlags: readonly string[],
  program: string = path.join(repository, 'packages/controller/dist/main.mjs'),
): Contestant {
  if (!existsSync(program)) throw new Error('the controller is not built: npm run build');
  return {
    name: 'picluster',
    account: 'picluster-controller',
    objects: [],
    start: (kubeconfig) => ({
      name: 'picluster',
      command: [
        process.execPath,
        ...nodeFlags,
        program,
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${NAMESPACE}`,
        `--state-dir=${dataFolder}`,
        '--metrics-port=9120',
        '--health-port=17472',
      ],
      env: IMAGE_ENV,
    }),
  };
}

/** MetalLB's controller v0.15.2, without its webhook. */
export function metallb(program: string): Contestant {
  const account = 'metallb-controller';
  return {
    name: 'MetalLB',
    account,
    objects: [...allRights(account)],
    start: (kubeconfig) => ({
      name: 'metallb',
      command: [program, '--webhook-mode=disabled', `--namespace=${NAMESPACE}`, '--port=9121'],
      env: { KUBECONFIG: kubeconfig, METALLB_BGP_TYPE: 'native' },
    }),
  };
}

/** Mints the account's token and gives its kubeconfig. */
export async function kubeconfigOf(
  access: ClusterAccess,
  { account }: Contestant,
): Promise<string> {
  return await access.kubeconfigForServiceAccount(NAMESPACE, account);
}

/** It must not be slowed down by a right that was forgotten here. */
function allRights(name: string): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    },
  ];
}
