import { IPAddressPoolResource } from '@picluster/api';
import { Reflector, resourcePath, type ReflectorDeps } from '@picluster/kube';
import { viewNamespace, viewPool, type NamespaceView, type PoolView } from './pool-view.ts';
import { viewService, type ServiceView } from './service-view.ts';

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
