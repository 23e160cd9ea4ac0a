import { Ipam, type Pool } from '@picluster/ipam';
import { bookPools, EMPTY_BOOK } from '../src/pool-book.ts';
import { poolPolicy, type PoolPolicy } from '../src/pool-policy.ts';
import { viewNamespace, viewPool, type NamespaceView, type PoolView } from '../src/pool-view.ts';
import { viewService, type ServiceView } from '../src/service-view.ts';

/** Parts of a Service that a test cares about. */
export interface ServiceParts {
  readonly name?: string;
  readonly namespace?: string;
  readonly createdAt?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Addresses of the status; a text with a letter above f is a host name. */
  readonly ingress?: readonly string[];
}

/** A Service as the API server sends it: a LoadBalancer with one IPv4 cluster address unless told otherwise. */
function rawService(parts: ServiceParts = {}): Record<string, unknown> {
  const { name = 'test', namespace = 'default', ingress = [] } = parts;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: parts.createdAt ?? '2026-01-01T00:00:00Z',
      annotations: parts.annotations ?? {},
      labels: parts.labels ?? {},
    },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['1.2.3.4'],
      ports: [{ protocol: 'TCP', port: 80 }],
      ...parts.spec,
    },
    status: {
      loadBalancer: {
        ingress: ingress.map((text) => (/[g-z]/.test(text) ? { hostname: text } : { ip: text })),
      },
    },
  };
}

/** What the controller keeps of such a Service. */
export function serviceOf(parts: ServiceParts = {}): ServiceView {
  const view = viewService(rawService(parts));
  if (view === undefined) throw new Error('this Service is of no interest to the controller');
  return view;
}

/** What the controller keeps of an IPAddressPool with this spec. */
export function poolOf(
  name: string,
  spec: Readonly<Record<string, unknown>>,
  createdAt = '2026-01-01T00:00:00Z',
): PoolView {
  const metadata = {
    name,
    namespace: 'metallb-system',
    uid: `uid-${name}`,
    resourceVersion: '1',
    creationTimestamp: createdAt,
  };
  return viewPool({ metadata, spec } as Parameters<typeof viewPool>[0]);
}

/** What the controller keeps of a Namespace. */
export function namespaceOf(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): NamespaceView {
  return viewNamespace({ metadata: { name, labels } });
}

/** An allocator and a policy over these pools. */
export function configOf(
  pools: readonly PoolView[],
  namespaces: readonly NamespaceView[] = [],
): { readonly ipam: Ipam; readonly policy: PoolPolicy; readonly refused: readonly string[] } {
  const book = bookPools(EMPTY_BOOK, pools);
  const made = Ipam.create([...book.booked.values()].map(({ pool }): Pool => pool));
  if (!made.ok) throw new Error(made.problem.message);
  return {
    ipam: made.ipam,
    policy: poolPolicy(book, namespaces),
    refused: book.refused.map(({ name }) => name),
  };
}
