import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Processes } from '../lab/processes.ts';
import { addressesOf, readService } from '../lab/services.ts';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster, configuration, loadBalancer } from './cluster.ts';
import { startDaemon } from './daemon.ts';
import { CHART } from './helm.ts';

// Services as other load balancers leave them, before our controller starts: what docs/migrate-from-*.md promise.

const NAMESPACE = 'lan';

let cluster: Cluster;
let processes: Processes;

beforeAll(async () => {
  cluster = await Cluster.start();
  processes = new Processes(path.join(cluster.folder, 'daemons'));
});

afterAll(async () => {
  await processes?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

async function leftBehind(
  name: string,
  address: string,
  more: { annotations?: object; spec?: object } = {},
): Promise<void> {
  const service = loadBalancer(name);
  const metadata = { ...service.metadata, annotations: more.annotations ?? {} };
  const spec = { ...(service['spec'] as object), ...more.spec };
  await cluster.apply([{ ...service, metadata, spec }]);
  await cluster.controlPlane.api.patch(`/api/v1/namespaces/default/services/${name}/status`, {
    status: { loadBalancer: { ingress: [{ ip: address, ipMode: 'VIP' }] } },
  });
}

async function addressOf(name: string, of: RegExp): Promise<string> {
  return await waitFor(`${name} to have an address of the pool`, async () => {
    const [address = ''] = addressesOf(
      await readService(cluster.controlPlane.api, name, 'default'),
    );
    return of.test(address) && address;
  });
}

describe('a Service', () => {
  beforeAll(async () => {
    const words = ['picluster', CHART, '--namespace', NAMESPACE];
    const nothingRuns = { controller: { enabled: false }, speaker: { enabled: false } };
    await cluster.helm.run(['install', ...words, '--create-namespace'], nothingRuns);
    await waitFor('the pools to be served', async () => {
      await cluster.apply(configuration(NAMESPACE, '192.0.2.0/24'));
      return true;
    });
    await leftBehind('by-kube-vip', '192.0.2.9', {
      annotations: { 'kube-vip.io/loadbalancerIPs': '192.0.2.9' },
      spec: { loadBalancerIP: '192.0.2.9' },
    });
    await leftBehind('by-kube-vip-annotated', '192.0.2.10', {
      annotations: { 'kube-vip.io/loadbalancerIPs': '192.0.2.10' },
    });
    await leftBehind('by-service-lb', '10.0.0.11');
    await cluster.helm.run(['upgrade', ...words, '--reset-values']);
    const account = [NAMESPACE, 'picluster-controller'] as const;
    const kubeconfig = await cluster.controlPlane.kubeconfigForServiceAccount(...account);
    await startDaemon(processes, 'controller', {
      healthPort: 7_480,
      args: [`--kubeconfig=${kubeconfig}`, `--namespace=${NAMESPACE}`],
    });
  });

  test.each([
    ['by-kube-vip', '192.0.2.9'],
    ['by-kube-vip-annotated', '192.0.2.10'],
  ])('left %s keeps its address where a pool has it', async (name, address) => {
    await cluster.apply([loadBalancer(`after-${name}`)]);
    expect(await addressOf(`after-${name}`, /^192\.0\.2\./)).not.toBe(address);
    expect(await addressOf(name, /./)).toBe(address);
  });

  test('left by K3s ServiceLB with the addresses of nodes gets one of a pool instead', async () => {
    expect(await addressOf('by-service-lb', /^192\.0\.2\./)).toMatch(/^192\.0\.2\./);
  });
});
