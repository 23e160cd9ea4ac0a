import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureMetallbSource } from '../../scripts/metallb.mjs';
import { Processes } from '../lab/processes.ts';
import { addressesOf, readService } from '../lab/services.ts';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster, configuration, loadBalancer } from './cluster.ts';
import { startDaemon } from './daemon.ts';
import { CHART } from './helm.ts';

const NAMESPACE = 'metallb-system';
const POOL = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools/home`;
const ADVERTISEMENT = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/l2advertisements/home`;
const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const here = ['--namespace', NAMESPACE];

let cluster: Cluster;
let processes: Processes;

beforeEach(async () => {
  cluster = await Cluster.start();
  processes = new Processes(path.join(cluster.folder, 'daemons'));
});

afterEach(async () => {
  await processes?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

/** MetalLB by its own chart. */
async function installChart(): Promise<void> {
  const chart = path.join(await ensureMetallbSource(), 'charts', 'metallb');
  await cluster.helm.run(['install', 'metallb', chart, '--create-namespace', ...here], {
    speaker: { frr: { enabled: false } },
    // Its Pods do not run here, so its webhook cannot be asked.
    crds: { validationFailurePolicy: 'Ignore' },
  });
}

/** A pool, an advertisement, and a Service that has the pool's eighth address. */
async function use(): Promise<void> {
  await waitFor('the pools to be served', async () => {
    await cluster.apply(configuration(NAMESPACE, '192.0.2.0/24'));
    return true;
  });
  await cluster.apply([loadBalancer('web')]);
  await cluster.controlPlane.api.patch('/api/v1/namespaces/default/services/web/status', {
    metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': 'home' } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.7', ipMode: 'VIP' }] } },
  });
}

async function configured(): Promise<unknown> {
  const objects = [await cluster.find(POOL), await cluster.find(ADVERTISEMENT)];
  return objects.map((object) => [
    object?.metadata['uid'],
    object?.metadata['generation'],
    object?.['spec'],
  ]);
}

/** What is there of MetalLB's own, besides the kinds. */
async function partsOfMetallb(): Promise<string[]> {
  const kinds = 'deployments,daemonsets,services,configmaps,serviceaccounts,roles,clusterroles';
  const names = await cluster.kubectl(
    'get',
    `${kinds},validatingwebhookconfigurations`,
    '--all-namespaces',
    '--output=name',
    '--selector=app.kubernetes.io/name=metallb',
  );
  return names.split('\n').filter((name) => name !== '');
}

/** Runs our controller with the rights of its ServiceAccount, and gives a second Service an address. */
async function letOursWork(account: string): Promise<void> {
  const kubeconfig = await cluster.controlPlane.kubeconfigForServiceAccount(NAMESPACE, account);
  await startDaemon(processes, 'controller', {
    healthPort: 7_480,
    args: [`--kubeconfig=${kubeconfig}`, `--namespace=${NAMESPACE}`],
  });
  await cluster.apply([loadBalancer('mail')]);
  const addresses = await waitFor('the second Service to have an address', async () => {
    const found = addressesOf(await readService(cluster.controlPlane.api, 'mail', 'default'));
    return found.length > 0 && found;
  });
  expect(addresses).toEqual(['192.0.2.0']);
  const first = await readService(cluster.controlPlane.api, 'web', 'default');
  expect(addressesOf(first)).toEqual(['192.0.2.7']);
}

describe('from MetalLB', () => {
  test('by an upgrade of its release: its parts go, pools and addresses stay, and back again', async () => {
    await installChart();
    await use();
    const before = await configured();
    expect((await partsOfMetallb()).length).toBeGreaterThan(5);

    const words = ['upgrade', 'metallb', CHART, '--reset-values', ...here];
    await cluster.helm.run(words, { fullnameOverride: 'picluster' });
    expect(await configured()).toEqual(before);
    expect(await partsOfMetallb()).toEqual([]);
    expect(await cluster.find(`${WEBHOOKS}/metallb-webhook-configuration`)).toBeUndefined();
    await letOursWork('picluster-controller');

    await cluster.helm.run(['rollback', 'metallb', '1', ...here]);
    expect(await configured()).toEqual(before);
    expect((await partsOfMetallb()).length).toBeGreaterThan(5);
    const web = await readService(cluster.controlPlane.api, 'web', 'default');
    expect(addressesOf(web)).toEqual(['192.0.2.7']);
  });

  test('by a release of ours beside it, which takes the kinds over before its own is uninstalled', async () => {
    await installChart();
    await use();
    const before = await configured();
    const words = ['install', 'picluster', CHART, ...here];
    const refused = await cluster.helm.try(words);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('cannot be imported into the current release');

    await cluster.helm.run([...words, '--take-ownership']);
    expect(await configured()).toEqual(before);
    await cluster.helm.run(['uninstall', 'metallb', ...here]);
    expect(await configured()).toEqual(before);
    expect(await partsOfMetallb()).toEqual([]);
    await letOursWork('picluster-controller');
  });

  test('from plain manifests to plain manifests', async () => {
    const manifest = path.join(await ensureMetallbSource(), 'config/manifests/metallb-native.yaml');
    await cluster.kubectl('apply', '--filename', manifest);
    const webhooks = 'validatingwebhookconfiguration/metallb-webhook-configuration';
    await cluster.kubectl('delete', webhooks);
    await use();
    const before = await configured();

    await cluster.kubectl('delete', 'deployment/controller', 'daemonset/speaker', ...here);
    await cluster.kubectl('apply', '--kustomize', DEPLOY);
    expect(await configured()).toEqual(before);
    await letOursWork('picluster-controller');
  });
});
