import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../lab/kube-api.ts';
import { parseManifests } from '../lab/manifests.ts';
import { Processes } from '../lab/processes.ts';
import { run } from '../lab/run.ts';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster, configuration, loadBalancer } from './cluster.ts';
import { startDaemon } from './daemon.ts';
import { CHART } from './helm.ts';
import { Scraper } from './scraper.ts';
import { readAuditLog, refusals, type RightsObject, unusedRights } from './used-rights.ts';

// Both daemons work with their own tokens and the rights of the chart, in turn through all that they do, while the API server writes down
// every request. A right that nothing used is one too many.

const NAMESPACE = 'lan';
const NODE = 'n1';
const LIMIT_MS = 30_000;
const QUICK_LEASES = ['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=500ms'];
const STATUSES = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/servicel2statuses`;
const BGP_STATUSES = STATUSES.replace('l2', 'bgp');
const SERVICE_NAME = 'metallb.io/service-name';
const METRICS_PORT = { controller: 7_490, speaker: 7_491 } as const;
/** With all that asks for rights. The Pods do not run, so there need not be a Secret. */
const VALUES = { tls: { controllerMetricsTLSSecret: 'tls', speakerMetricsTLSSecret: 'tls' } };
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', userGroups: [`system:serviceaccounts:${NAMESPACE}`] },
    { level: 'None' },
  ],
};

let cluster: Cluster;
let processes: Processes;
let rendered: readonly KubeObject[];
let auditLog: string;
let scraper: Scraper;
let hasLan = false;

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'audit-'));
  auditLog = path.join(folder, 'audit.log');
  writeFileSync(path.join(folder, 'policy.json'), JSON.stringify(POLICY));
  cluster = await Cluster.start([
    `--audit-policy-file=${path.join(folder, 'policy.json')}`,
    `--audit-log-path=${auditLog}`,
    // As API servers up to 1.33 are: there a mirror begins with a list. Newer ones need the watch alone.
    '--feature-gates=WatchList=false',
  ]);
  processes = new Processes(path.join(folder, 'daemons'));
  await makeLan();
  const words = [CHART, '--namespace', NAMESPACE];
  await cluster.helm.run(['install', 'picluster', ...words, '--create-namespace'], VALUES);
  rendered = parseManifests(await cluster.helm.run(['template', 'picluster', ...words], VALUES));
  scraper = await Scraper.make(cluster);
  await cluster.apply([{ apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }]);
  await configure('192.0.2.0/24');
});

afterAll(async () => {
  await processes?.stop();
  await cluster?.[Symbol.asyncDispose]();
  // The next test file works in this namespace, too.
  if (hasLan) await run(['ip', 'netns', 'delete', 'lan']);
});

/** An interface with a network, in this namespace: what the speaker answers on. */
async function makeLan(): Promise<void> {
  await run(['ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1']);
  await run(['ip', 'address', 'add', '192.0.2.250/24', 'dev', 'lan0']);
  await run(['ip', 'link', 'set', 'lan0', 'up']);
  // Its other end is elsewhere: on one node the speaker would hear itself.
  await run(['ip', 'netns', 'add', 'lan']);
  hasLan = true;
  await run(['ip', 'link', 'set', 'lan1', 'netns', 'lan', 'up']);
}

async function configure(addresses: string): Promise<void> {
  await waitFor('the pools to be served', async () => {
    await cluster.apply(configuration(NAMESPACE, addresses));
    return true;
  });
}

/** A Service that asks for an address. */
async function service(name: string, address: string): Promise<void> {
  const manifest = loadBalancer(name);
  const annotations = { 'metallb.io/loadBalancerIPs': address };
  await cluster.apply([{ ...manifest, metadata: { ...manifest.metadata, annotations } }]);
}

/** Its endpoint on the node. */
async function endpoint(name: string, ready: boolean): Promise<void> {
  const labels = { 'kubernetes.io/service-name': name };
  await cluster.apply([
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.42.0.2'], conditions: { ready }, nodeName: NODE }],
      ports: [{ port: 80 }],
    },
  ]);
}

/** A router that is not there: all that is said of it is read, and the Service is announced to it. */
function bgp(namespace: string): readonly KubeObject[] {
  const metadata = { name: 'router', namespace };
  const spec = { myASN: 64_500, peerASN: 64_512, peerAddress: '192.0.2.99' };
  return [
    { apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', metadata, spec },
    { apiVersion: 'metallb.io/v1beta1', kind: 'BGPAdvertisement', metadata, spec: {} },
  ] as readonly KubeObject[];
}

interface Said {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

/** What the speaker says of a Service, in a ServiceL2Status unless it is said otherwise. */
async function said(name: string, statuses: string = STATUSES): Promise<Said | undefined> {
  const { items } = await cluster.controlPlane.api.get<{ items: readonly Said[] }>(statuses);
  return items.find(({ metadata }) => metadata.labels[SERVICE_NAME] === name);
}

/** Waits until the speaker says something of the Service; then somebody else writes over it, and it is mended. */
async function writtenOverAndMended(statuses: string): Promise<void> {
  const there = async (): Promise<Said | undefined> => await said('web', statuses);
  const status = await waitFor(`an object in ${statuses}`, there);
  const labels = { [SERVICE_NAME]: 'other' };
  await cluster.controlPlane.api.patch(`${statuses}/${status.metadata.name}`, {
    metadata: { labels },
  });
  await waitFor(`it to be mended in ${statuses}`, there);
}

const userOf = (component: string): string =>
  `system:serviceaccount:${NAMESPACE}:picluster-${component}`;

function unused(component: string): readonly string[] {
  const objects = (rendered as readonly RightsObject[]).filter(
    ({ metadata }) => metadata.name === `picluster-${component}`,
  );
  expect(objects.filter(({ rules }) => rules !== undefined).length).toBeGreaterThanOrEqual(2);
  return unusedRights(objects, events(), userOf(component), NAMESPACE);
}

const events = (): ReturnType<typeof readAuditLog> =>
  readAuditLog(readFileSync(auditLog, 'utf8').replace(/[^\n]*$/, ''));

async function start(
  component: 'controller' | 'speaker',
  name: string,
  ...args: string[]
): ReturnType<typeof startDaemon> {
  const account = `picluster-${component}`;
  const { controlPlane } = cluster;
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(NAMESPACE, account);
  return await startDaemon(processes, component, {
    name,
    healthPort: component === 'controller' ? 7_480 : 7_481,
    metricsPort: METRICS_PORT[component],
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${NAMESPACE}`,
      `--metrics-cert-dir=${scraper.certificateFolder}`,
      ...args,
    ],
  });
}

/** How often an event was told of a Service. */
async function told(reason: string, name: string, text: string): Promise<number> {
  const { items } = await cluster.controlPlane.api.get<{
    items: readonly {
      reason: string;
      message: string;
      count?: number;
      involvedObject: { name: string };
    }[];
  }>('/api/v1/namespaces/default/events');
  return items
    .filter((event) => event.reason === reason && event.involvedObject.name === name)
    .filter(({ message }) => message.includes(text))
    .reduce((sum, { count = 1 }) => sum + count, 0);
}

async function untilTold(
  reason: string,
  name: string,
  text: string,
  times: number = 1,
): Promise<void> {
  const enough = async (): Promise<boolean> => (await told(reason, name, text)) >= times;
  await waitFor(`${times} × ${reason} of ${name} (${text})`, enough, LIMIT_MS);
}

/** Rights that nothing used, and what was refused. What a daemon does of itself comes when it comes, so it gets time. */
async function wrong(component: string): Promise<readonly string[]> {
  const all = (): boolean => unused(component).length === 0;
  await waitFor('all rights to be used', all, LIMIT_MS).catch(() => undefined);
  return [...unused(component), ...refusals(events(), userOf(component))];
}

describe('the rights of the chart', () => {
  test('are all that the controller needs, and it needs them all', async () => {
    await start('controller', 'controller');
    await service('web', '192.0.2.7');
    await untilTold('IPAllocated', 'web', '192.0.2.7');
    for (const [address, times] of [
      ['203.0.113.1', 1],
      ['203.0.113.2', 1],
      ['203.0.113.1', 2],
    ] as const) {
      await service('lost', address);
      await untilTold('AllocationFailed', 'lost', address, times);
    }
    const { status, body } = await scraper.scrape(METRICS_PORT.controller);
    expect([status, body]).toEqual([
      403,
      'system:serviceaccount:monitoring:scraper may not read the metrics: it needs the verb get on the non-resource URL /metrics\n',
    ]);
    expect(await scraper.scrape(METRICS_PORT.controller, 'made-up')).toMatchObject({ status: 401 });
    expect(await wrong('controller')).toEqual([]);
  });

  test('are all that the speaker needs, and it needs them all', async () => {
    // The controller made it. A speaker that finds none makes it itself.
    await cluster.controlPlane.api.delete(
      `/api/v1/namespaces/${NAMESPACE}/secrets/picluster-l2-key`,
    );
    await endpoint('web', true);
    await scraper.permit();
    await cluster.apply(bgp(NAMESPACE));
    for (const strategy of ['wire', 'lease']) {
      const flags = [`--node-name=${NODE}`, `--l2-strategy=${strategy}`, ...QUICK_LEASES];
      const speaker = await start('speaker', strategy, ...flags);
      const before = await told('nodeAssigned', 'web', 'layer2');
      await untilTold('nodeAssigned', 'web', 'layer2', before + 1);
      for (const statuses of [STATUSES, BGP_STATUSES]) await writtenOverAndMended(statuses);
      await endpoint('web', false);
      await waitFor('the speaker to be silent', async () => (await said('web')) === undefined);
      await endpoint('web', true);
      await untilTold('nodeAssigned', 'web', 'layer2', before + 2);
      await waitFor('the ServiceL2Status to be back', async () => await said('web'));
      const { status: code, body } = await scraper.scrape(METRICS_PORT.speaker);
      expect([code, body.includes('metallb_speaker_announced{')]).toEqual([200, true]);
      await speaker.stop();
    }
    expect(await wrong('speaker')).toEqual([]);
  });
});
