import { POD_PORT } from './lab-node.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import type { NodeAddresses } from './addresses.ts';

/** A Service of type LoadBalancer, in the words of the lab. */
export interface ServiceOptions {
  readonly name: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Default `IPv4`; `dual` asks for both. */
  readonly family?: 'IPv4' | 'IPv6' | 'dual';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 80. */
  readonly port?: number;
  /** Nodes whose pods are behind it; default all. */
  readonly podsOn?: readonly string[];
  /** More of `spec`: `loadBalancerIP`, `externalTrafficPolicy`, `loadBalancerClass`, … */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A Service as the API server shows it. */
export interface ServiceObject extends KubeObject {
  readonly spec: {
    readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];
    readonly ports: readonly { readonly port: number }[];
    readonly [field: string]: unknown;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
  };
}

/** The manifest of a Service without a selector: the lab has no kubelet, so the test names its endpoints itself. */
export function serviceManifest(options: ServiceOptions): KubeObject {
  const {
    name,
    namespace = 'default',
    family = 'IPv4',
    annotations = {},
    labels = {},
    port = 80,
    spec = {},
  } = options;
  const ipFamilies = family === 'dual' ? ['IPv4', 'IPv6'] : [family];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, annotations, labels },
    spec: {
      type: 'LoadBalancer',
      ipFamilyPolicy: family === 'dual' ? 'RequireDualStack' : 'SingleStack',
      ipFamilies,
      ports: [{ name: 'http', port, targetPort: POD_PORT, protocol: 'TCP' }],
      ...spec,
    },
  };
}

/** The EndpointSlices of a Service, one for each of its families, with the pods of the given nodes. */
export function endpointSlices(
  service: ServiceObject,
  nodes: readonly NodeAddresses[],
): readonly KubeObject[] {
  const { name, namespace = 'default' } = service.metadata;
  return (service.spec.ipFamilies ?? ['IPv4']).map((family) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${family.toLowerCase()}`,
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'picluster-lab',
      },
    },
    addressType: family,
    ports: [{ name: 'http', port: POD_PORT, protocol: 'TCP' }],
    endpoints: nodes.map((node) => ({
      addresses: [family === 'IPv4' ? node.pod4 : node.pod6],
      nodeName: node.name,
      conditions: { ready: true, serving: true, terminating: false },
    })),
  }));
}

/** Addresses that a Service shows in its status. */
export function addressesOf(service: ServiceObject): readonly string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) =>
    ip === undefined ? [] : [ip],
  );
}

/** Reads a Service. */
export async function readService(
  api: KubeApi,
  name: string,
  namespace: string,
): Promise<ServiceObject> {
  return await api.get<ServiceObject>(`/api/v1/namespaces/${namespace}/services/${name}`);
}
