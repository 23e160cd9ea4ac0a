import { IPAddressPoolResource } from '@picluster/api';
import { Reflector, resourcePath, type ReflectorDeps } from '@picluster/kube';
import { viewNamespace, viewPool, type NamespaceView, type PoolView } from './pool-view.ts';
import { viewService, type ServiceView } from './service-view.ts';

/** A cache is stale when the API server was not heard from for so long. Bookmarks come about once a minute. */
const STALE_MS = 120_000;

/** What the controller mirrors of the API. */
export interface Caches {
  readonly services: Reflector<ServiceView>;
  readonly pools: Reflector<PoolView>;
  readonly namespaces: Reflector<NamespaceView>;
}

/** Makes the mirrors; each must be run. Pools count only in `namespace`. */
export function createCaches(deps: ReflectorDeps, namespace: string): Caches {
  const { group, version, plural } = IPAddressPoolResource;
  return {
    services: new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'services' }),
      project: viewService,
    }),
    pools: new Reflector(deps, {
      path: resourcePath({ group, version, plural, namespace }),
      project: viewPool,
    }),
    namespaces: new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'namespaces' }),
      project: viewNamespace,
    }),
  };
}

/** The first mirror that is not to be trusted, as a sentence; `undefined`: all are fresh. */
export function staleCache(caches: Caches): string | undefined {
  for (const [name, cache] of Object.entries(caches) as [string, Reflector<unknown>][]) {
    if (!cache.synced) return `${name} not read yet`;
    const staleMs = cache.staleMs();
    if (staleMs > STALE_MS) return `${name} not heard of for ${Math.round(staleMs / 1000)} s`;
  }
  return undefined;
}
