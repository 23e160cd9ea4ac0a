import path from 'node:path';
import { nodeAddresses } from '../../e2e/lab/addresses.ts';
import { installDeployment, registerNodes } from '../../e2e/lab/cluster-setup.ts';
import { startControlPlane, type ControlPlane } from '../../e2e/lab/control-plane.ts';
import { Applier } from '../../e2e/lab/manifests.ts';
import { run } from '../../e2e/lab/run.ts';
import { startSimControlPlane } from '../../e2e/lab/sim-control-plane.ts';
import { metallb as metallbController, NAMESPACE } from '../controller-scale/contestant.ts';

/** How many objects are created at once. */
const CREATES_AT_ONCE = 16;
const LOAD = 'load';
const POOL = '10.128.0.0/12';

/** The one node, which answers for everything. */
export const NODE = nodeAddresses(1);

/** Name of the Pod that MetalLB's speaker takes itself for. */
export const PEER_POD = 'metallb-speaker';

/** An API server, and a node with one Ethernet interface, in the namespaces that this process is in. */
export class Cluster implements AsyncDisposable {
  readonly controlPlane: ControlPlane;
  #services = 0;

  private constructor(controlPlane: ControlPlane) {
    this.controlPlane = controlPlane;
  }

  /** Starts it with our CRDs, rights and one pool; `real`: etcd and kube-apiserver, without controllers. */
  static async start(api: 'real' | 'sim', folder: string): Promise<Cluster> {
    await plugIn();
    const dir = path.join(folder, 'control-plane');
    const controlPlane = await (api === 'real'
      ? startControlPlane({ dir, controllerManager: false })
      : startSimControlPlane({ dir }));
    const cluster = new Cluster(controlPlane);
    try {
      await cluster.#prepare();
      return cluster;
    } catch (error) {
      await controlPlane.stop();
      throw error;
    }
  }

  /** Makes Services until there are so many, each with its address and an EndpointSlice of three endpoints on the node. */
  async useServices(count: number): Promise<void> {
    const work = async (): Promise<void> => {
      while (this.#services < count) await this.#create(this.#services++);
    };
    await Promise.all(Array.from({ length: CREATES_AT_ONCE }, work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controlPlane.stop();
  }

  async #prepare(): Promise<void> {
    const { api } = this.controlPlane;
    const applier = new Applier(api);
    await installDeployment(applier, NAMESPACE);
    // MetalLB's account, and the Pod that its speaker looks itself up as.
    const { account, objects } = metallbController('');
    await applier.apply(objects);
    await applier.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: LOAD } }]);
    await registerNodes(api, [NODE]);
    await api.create(`/api/v1/namespaces/${NAMESPACE}/pods`, podOf(PEER_POD, account));
    const apiVersion = 'metallb.io/v1beta1';
    const metadata = { name: 'big', namespace: NAMESPACE };
    await applier.apply([
      { apiVersion, kind: 'IPAddressPool', metadata, spec: { addresses: [POOL] } },
      { apiVersion, kind: 'L2Advertisement', metadata, spec: {} },
    ]);
  }

  async #create(number: number): Promise<void> {
    const { api } = this.controlPlane;
    const name = `load-${number}`;
    const services = `/api/v1/namespaces/${LOAD}/services`;
    await api.create(services, serviceOf(name));
    const ingress = [{ ip: `10.128.${number >> 8}.${number & 255}`, ipMode: 'VIP' }];
    await api.patch(`${services}/${name}/status`, { status: { loadBalancer: { ingress } } });
    await api.create(
      `/apis/discovery.k8s.io/v1/namespaces/${LOAD}/endpointslices`,
      endpointSliceOf(name),
    );
  }
}

async function plugIn(): Promise<void> {
  const { mac, ipv4, ipv6 } = NODE;
  const lines = [
    'netns add lan',
    `link add eth0 address ${mac} type veth peer name switch netns lan`,
    'link set eth0 up',
    `address add ${ipv4}/24 dev eth0`,
    `address add ${ipv6}/64 dev eth0 nodad`,
  ];
  await run(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  await run(['ip', '-n', 'lan', 'link', 'set', 'switch', 'up']);
}

function podOf(name: string, account: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: 'metallb', component: 'speaker' } },
    spec: {
      nodeName: NODE.name,
      hostNetwork: true,
      serviceAccountName: account,
      automountServiceAccountToken: false,
      containers: [{ name: 'speaker', image: 'speaker' }],
    },
  };
}

function serviceOf(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: LOAD, labels: { app: name } },
    spec: {
      type: 'LoadBalancer',
      // There are only 2768 of them.
      allocateLoadBalancerNodePorts: false,
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  };
}

function endpointSliceOf(service: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-abcde`,
      namespace: LOAD,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [1, 2, 3].map((pod) => ({
      addresses: [`10.244.1.${pod}`],
      nodeName: NODE.name,
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', name: `${service}-${pod}`, namespace: LOAD },
    })),
  };
}
