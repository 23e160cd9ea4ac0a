import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureMetallbSource, METALLB_RELEASES } from '../../scripts/metallb.mjs';
import { Processes } from '../lab/processes.ts';
import { addressesOf, readService } from '../lab/services.ts';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster, configuration, loadBalancer } from './cluster.ts';
import { startDaemon } from './daemon.ts';
import { CHART } from './helm.ts';

const NAMESPACE = 'metallb-system';
const POOL = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools/home`;
const ADVERTISEMENT = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/l2advertisements/home`;
const BGP = 'bgppeers/router bgpadvertisements/home bfdprofiles/fast communities/names'.split(' ');
const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const CERTIFICATE = Buffer.from(rootCertificates[0] ?? '').toString('base64');
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

/** MetalLB by its own chart, as it is unless told otherwise: 0.15 with FRR in its speaker, 0.16 with FRR-K8s beside it. */
async function installChart(release: string): Promise<void> {
  const chart = await mended(release, 'charts/metallb', 'charts/crds/templates/crds.yaml');
  await cluster.helm.run(['install', 'metallb', chart, '--create-namespace', ...here], {
    // Its Pods do not run here, so its webhook cannot be asked.
    crds: { validationFailurePolicy: 'Ignore' },
  });
}

/**
 * A copy of what MetalLB publishes, with AS numbers of 64 bits. Kubernetes 1.37 refuses every BGPPeer under the CRD of MetalLB 0.15, which says int32 ("Maximum boundary value must be of type
 * integer with format int32"); later releases of MetalLB say int64.
 */
async function mended(release: string, what: string, file: string): Promise<string> {
  const copy = path.join(cluster.folder, what.replaceAll('/', '-'));
  cpSync(path.join(await ensureMetallbSource(release), what), copy, { recursive: true });
  const crds = path.join(copy, file);
  chmodSync(crds, 0o644);
  const text = readFileSync(crds, 'utf8');
  writeFileSync(crds, text.replaceAll(/int32(\s+maximum: 4294967295)/g, 'int64$1'));
  return copy;
}

/** MetalLB's controller says in the CRD who signed the certificate of its webhook. */
async function injectCertificate(): Promise<void> {
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const body = { spec: { conversion: { webhook: { clientConfig: { caBundle: CERTIFICATE } } } } };
  const api = cluster.controlPlane.api;
  await api.request('PATCH', `${crds}/bgppeers.metallb.io?fieldManager=MetalLB`, {
    body,
    contentType: 'application/merge-patch+json',
  });
}

/** Our chart refuses to go on, and says which command makes it possible; that command is run. */
async function switchConversionOff(words: readonly string[], values: object = {}): Promise<void> {
  const { code, stderr } = await cluster.helm.try(words, values);
  expect(code).toBe(1);
  const patch = /kubectl (patch crd bgppeers\.metallb\.io --type=json) --patch='([^']+)'/.exec(
    stderr,
  );
  const [, command = '', change = ''] = patch ?? [];
  await cluster.kubectl(...command.split(' '), `--patch=${change}`);
}

/** What MetalLB announces by BGP. */
const routing = `
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: router, namespace: ${NAMESPACE} }
spec: { myASN: 64512, peerASN: 64513, peerAddress: 192.0.2.254, bfdProfile: fast, holdTime: 30s }
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { name: home, namespace: ${NAMESPACE} }
spec: { ipAddressPools: [home], communities: [quiet] }
---
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata: { name: fast, namespace: ${NAMESPACE} }
spec: { receiveInterval: 300 }
---
apiVersion: metallb.io/v1beta1
kind: Community
metadata: { name: names, namespace: ${NAMESPACE} }
spec: { communities: [{ name: quiet, value: '65535:65282' }] }
`;

/** A pool, advertisements of both protocols, and a Service that has the pool's eighth address. */
async function use(): Promise<void> {
  await waitFor('the kinds to be served', async () => {
    await cluster.apply(configuration(NAMESPACE, '192.0.2.0/24'));
    await cluster.apply(routing);
    return true;
  });
  await cluster.apply([loadBalancer('web')]);
  await cluster.controlPlane.api.patch('/api/v1/namespaces/default/services/web/status', {
    metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': 'home' } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.7', ipMode: 'VIP' }] } },
  });
}

async function configured(): Promise<unknown> {
  const paths = BGP.map((each) => {
    const version = each.startsWith('bgppeers') ? 'v1beta2' : 'v1beta1';
    return `/apis/metallb.io/${version}/namespaces/${NAMESPACE}/${each}`;
  });
  const objects = await Promise.all(
    [POOL, ADVERTISEMENT, ...paths].map((each) => cluster.find(each)),
  );
  return objects.map((object) => [
    object?.metadata['uid'],
    object?.metadata['generation'],
    object?.['spec'],
  ]);
}

/** The older version of BGPPeer is served without MetalLB's webhook. */
async function readOlderVersion(): Promise<void> {
  const older = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/bgppeers/router`;
  await waitFor('v1beta1 to be served', async () => (await cluster.find(older)) !== undefined);
  const peer = await cluster.find(older);
  expect(peer?.['spec']).toMatchObject({ bfdProfile: 'fast', holdTime: '30s' });
}

/** What is there of MetalLB's own, besides the kinds. */
async function partsOfMetallb(): Promise<string[]> {
  const kinds = 'deployments,daemonsets,services,configmaps,serviceaccounts,roles,clusterroles';
  const names = await cluster.kubectl(
    'get',
    `${kinds},validatingwebhookconfigurations`,
    '--all-namespaces',
    '--output=name',
    '--selector=app.kubernetes.io/name in (metallb, frr-k8s)',
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

describe.each(METALLB_RELEASES)('from MetalLB %s', (release) => {
  test('by an upgrade of its release: its parts go, pools and addresses stay, and back again', async () => {
    await installChart(release);
    await injectCertificate();
    await use();
    const before = await configured();
    expect((await partsOfMetallb()).length).toBeGreaterThan(5);

    const words = ['upgrade', 'metallb', CHART, '--reset-values', ...here];
    await switchConversionOff(words, { fullnameOverride: 'picluster' });
    await cluster.helm.run(words, { fullnameOverride: 'picluster' });
    expect(await configured()).toEqual(before);
    expect(await partsOfMetallb()).toEqual([]);
    expect(await cluster.find(`${WEBHOOKS}/metallb-webhook-configuration`)).toBeUndefined();
    await readOlderVersion();
    await letOursWork('picluster-controller');

    await cluster.helm.run(['rollback', 'metallb', '1', '--force-conflicts', ...here]);
    expect(await configured()).toEqual(before);
    expect((await partsOfMetallb()).length).toBeGreaterThan(5);
    const web = await readService(cluster.controlPlane.api, 'web', 'default');
    expect(addressesOf(web)).toEqual(['192.0.2.7']);
  });

  test('by a release of ours beside it, which takes the kinds over before its own is uninstalled', async () => {
    await installChart(release);
    await injectCertificate();
    await use();
    const before = await configured();
    const words = ['install', 'picluster', CHART, ...here];
    await switchConversionOff(words);
    const refused = await cluster.helm.try(words);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('cannot be imported into the current release');

    await cluster.helm.run([...words, '--take-ownership']);
    expect(await configured()).toEqual(before);
    await cluster.helm.run(['uninstall', 'metallb', ...here]);
    expect(await configured()).toEqual(before);
    expect(await partsOfMetallb()).toEqual([]);
    await readOlderVersion();
    await letOursWork('picluster-controller');
  });

  test('from plain manifests to plain manifests', async () => {
    const manifest = await mended(release, 'config/manifests/metallb-native.yaml', '');
    await cluster.kubectl('apply', '--filename', manifest);
    const webhooks = 'validatingwebhookconfiguration/metallb-webhook-configuration';
    await cluster.kubectl('delete', webhooks);
    await injectCertificate();
    await use();
    const before = await configured();

    await cluster.kubectl('delete', 'deployment/controller', 'daemonset/speaker', ...here);
    await cluster.kubectl('apply', '--kustomize', DEPLOY);
    expect(await configured()).toEqual(before);
    await readOlderVersion();
    await letOursWork('picluster-controller');
  });
});
