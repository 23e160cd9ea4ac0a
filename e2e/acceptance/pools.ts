import { POOL_RANGES } from '../lab/addresses.ts';
import type { Lab } from '../lab/lab.ts';

/** The pool that the acceptance tests use: the lab LAN's free addresses of both families, advertised everywhere. */
export async function applyPools(
  lab: Lab,
  addresses: readonly string[] = Object.values(POOL_RANGES),
): Promise<void> {
  const { namespace } = lab;
  await lab.apply([
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'picluster-pool', namespace },
      spec: { addresses },
    },
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'L2Advertisement',
      metadata: { name: 'example', namespace },
    },
  ]);
}

/** The addresses that a Service shows now. */
export async function shown(
  lab: Lab,
  name: string,
  namespace: string = 'default',
): Promise<readonly string[]> {
  type Service = { status?: { loadBalancer?: { ingress?: readonly { ip?: string }[] } } };
  const service = await lab.api.get<Service>(`/api/v1/namespaces/${namespace}/services/${name}`);
  return (service.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
}

/** What every Service of the cluster shows, by name. */
export async function allShown(lab: Lab): Promise<Readonly<Record<string, readonly string[]>>> {
  type Services = {
    items: readonly {
      metadata: { name: string };
      status?: { loadBalancer?: { ingress?: readonly { ip?: string }[] } };
    }[];
  };
  const { items } = await lab.api.get<Services>('/api/v1/services');
  return Object.fromEntries(
    items.map(({ metadata, status }) => [
      metadata.name,
      (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip),
    ]),
  );
}
