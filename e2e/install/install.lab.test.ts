import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../lab/kube-api.ts';
import { parseManifests } from '../lab/manifests.ts';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster, configuration, loadBalancer } from './cluster.ts';
import { CHART } from './helm.ts';

const NAMESPACE = 'lan';
const POOL = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools/home`;
const SERVICE = '/api/v1/namespaces/default/services/web';
const DEFINITION =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ipaddresspools.metallb.io';
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/picluster-controller`;
const DAEMON_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/picluster-speaker`;

interface Workload {
  readonly spec: {
    readonly template: {
      readonly metadata: object;
      readonly spec: { readonly containers: readonly [{ readonly args: readonly string[] }] };
    };
  };
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const here = ['--namespace', NAMESPACE];
const argsOf = async (at: string): Promise<readonly string[]> =>
  (await cluster.find<Workload>(at))?.spec.template.spec.containers[0].args ?? [];

/** What must stay as it is, whatever helm does. */
async function treasures(): Promise<unknown> {
  const pool = await cluster.find(POOL);
  const service = await cluster.find(SERVICE);
  return [
    [pool?.metadata['uid'], pool?.metadata['generation'], pool?.['spec']],
    [service?.metadata['uid'], service?.metadata['resourceVersion'], service?.['status']],
  ];
}

/** A copy of the chart as an older version of it could have been: its pools had no priority. */
function olderChart(): string {
  const folder = path.join(cluster.folder, 'older');
  cpSync(CHART, folder, { recursive: true });
  const edit = (file: string, from: RegExp, to: string): void => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path.join(folder, file), text.replace(from, to));
  };
  edit('Chart.yaml', /^version: .*$/m, 'version: 0.0.9');
  edit('files/crds/metallb.io_ipaddresspools.yaml', /^ +priority:\n +type: integer\n.*\n/m, '');
  return folder;
}

const hasPriority = async (): Promise<boolean> =>
  JSON.stringify(await cluster.find(DEFINITION)).includes('"priority":{');

describe('one release, from its first day to its last', () => {
  test('installs into any namespace, which it makes', async () => {
    const words = ['install', 'picluster', olderChart(), '--create-namespace', ...here];
    await cluster.helm.run(words);
    expect(await argsOf(DEPLOYMENT)).toContain('--log-level=info');
    expect(await argsOf(DAEMON_SET)).toContain('--l2-strategy=wire');
    expect(await hasPriority()).toBe(false);
    await waitFor('the pools to be served', async () => {
      await cluster.apply(configuration(NAMESPACE, '192.0.2.0/24'));
      return true;
    });
    await cluster.apply([loadBalancer('web')]);
    await cluster.controlPlane.api.patch(`${SERVICE}/status`, {
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    });
  });

  test('is upgraded with its CRDs, and neither pools nor Services notice', async () => {
    const before = await treasures();
    await cluster.helm.run(['upgrade', 'picluster', CHART, ...here], {
      controller: { logLevel: 'debug', replicas: 2 },
    });
    expect(await argsOf(DEPLOYMENT)).toContain('--log-level=debug');
    expect(await hasPriority()).toBe(true);
    expect(await treasures()).toEqual(before);
  });

  test('an upgrade that changes nothing restarts no Pod', async () => {
    const templates = async (): Promise<unknown> => [
      (await cluster.find<Workload>(DEPLOYMENT))?.spec.template,
      (await cluster.find<Workload>(DAEMON_SET))?.spec.template,
    ];
    const before = await templates();
    await cluster.helm.run(['upgrade', 'picluster', CHART, '--reuse-values', ...here]);
    expect(await templates()).toEqual(before);
  });

  test('with everything on that needs no other operator, the API server takes each object', async () => {
    const words = ['full', CHART, '--namespace', 'full', '--create-namespace'];
    await cluster.helm.run(['install', ...words], {
      crds: { enabled: false },
      loadBalancerClass: 'example.com/lan',
      prometheus: { scrapeAnnotations: true, dashboard: { enabled: true } },
      controller: { replicas: 2, labels: { team: 'net' } },
      speaker: {
        l2Strategy: 'lease',
        tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
        excludeInterfaces: { patterns: ['^wg.*'] },
      },
      networkpolicies: { enabled: true, defaultDeny: true, metricsFrom: [{ podSelector: {} }] },
    });
    const kinds = 'networkpolicies,poddisruptionbudgets,configmaps';
    const names = await cluster.kubectl('get', kinds, '--namespace=full', '--output=name');
    expect(names.split('\n').filter((name) => name && !name.includes('kube-root'))).toEqual([
      'networkpolicy.networking.k8s.io/full-picluster-controller',
      'networkpolicy.networking.k8s.io/full-picluster-default-deny',
      'poddisruptionbudget.policy/full-picluster-controller',
      'configmap/full-picluster-dashboard',
      'configmap/metallb-excludel2',
    ]);
    await cluster.helm.run(['uninstall', 'full', '--namespace', 'full']);
  });

  test('rolls back', async () => {
    const before = await treasures();
    await cluster.helm.run(['rollback', 'picluster', '1', ...here]);
    expect(await argsOf(DEPLOYMENT)).toContain('--log-level=info');
    expect(await treasures()).toEqual(before);
    await cluster.helm.run(['upgrade', 'picluster', CHART, '--reset-values', ...here]);
  });

  test('uninstalled, it leaves the kinds, the pools and the addresses in the Services, and nothing else', async () => {
    const before = await treasures();
    const output = await cluster.helm.run(['uninstall', 'picluster', ...here]);
    expect(output).toContain('[CustomResourceDefinition] ipaddresspools.metallb.io');
    expect(await treasures()).toEqual(before);
    const left = await cluster.kubectl(
      'get',
      'all,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,poddisruptionbudgets,configmaps,secrets',
      '--all-namespaces',
      '--selector=app.kubernetes.io/name=picluster',
      '--output=name',
    );
    expect(left).toBe('');
  });

  test('installed again, it takes its kinds back', async () => {
    const before = await treasures();
    await cluster.helm.run(['install', 'picluster', CHART, ...here]);
    expect(await treasures()).toEqual(before);
    await cluster.helm.run(['uninstall', 'picluster', ...here]);
  });

  test('under another name it must be told to, and then does', async () => {
    const before = await treasures();
    const words = ['install', 'other', CHART, ...here];
    const { code, stderr } = await cluster.helm.try(words);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be imported into the current release');
    await cluster.helm.run([...words, '--take-ownership']);
    expect(await treasures()).toEqual(before);
    await cluster.helm.run(['uninstall', 'other', ...here]);
  });
});

describe('Pod Security', () => {
  /** The Pod that a workload of the chart makes, tried in a namespace that enforces a level. */
  async function tryPod(kind: 'Deployment' | 'DaemonSet', level: string): Promise<unknown> {
    const text = await cluster.helm.run(['template', 'picluster', CHART]);
    const workload = parseManifests(text).find((object) => object.kind === kind) as
      | (KubeObject & Workload)
      | undefined;
    const { namespace } = await guarded(level);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tried' },
      spec: { ...workload?.spec.template.spec, serviceAccountName: 'default' },
    };
    return await cluster.controlPlane.api.create(
      `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      pod,
    );
  }

  async function guarded(level: string): Promise<{ namespace: string }> {
    const namespace = `level-${level}`;
    const labels = { 'pod-security.kubernetes.io/enforce': level };
    const metadata = { name: namespace, labels };
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata }]);
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await waitFor('its ServiceAccount', async () => await cluster.find(account));
    return { namespace };
  }

  test('lets the controller into a namespace that is restricted', async () => {
    await expect(tryPod('Deployment', 'restricted')).resolves.toBeDefined();
  });

  test('refuses the speaker there for its network and NET_RAW, and for nothing else', async () => {
    const refused = await tryPod('DaemonSet', 'restricted').then(
      () => '',
      (error: Error) => error.message,
    );
    const reasons = refused.replace(/^.*"restricted:latest": /, '').split(/, (?=[^,()]+ \()/);
    expect(reasons.map((reason) => reason.replace(/ \(.*/, ''))).toEqual([
      'host namespaces',
      'unrestricted capabilities',
    ]);
    expect(refused).toContain('must not include "NET_RAW" in securityContext.capabilities.add');
  });

  test('lets the speaker into a namespace that is privileged', async () => {
    await expect(tryPod('DaemonSet', 'privileged')).resolves.toBeDefined();
  });
});
