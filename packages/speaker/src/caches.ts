import { IPAddressPoolResource, L2AdvertisementResource, type Resource } from '@picluster/api';
import { Reflector, resourcePath, type ReflectorDeps } from '@picluster/kube';
import {
  viewAdvertisement,
  viewPool,
  type AdvertisementView,
  type PoolView,
} from './advertising.ts';
import {
  viewEndpointSlice,
  viewNode,
  viewService,
  type EndpointsView,
  type NodeView,
  type ServiceView,
} from './views.ts';

/** What the speaker mirrors of the API. */
export interface Caches {
  readonly services: Reflector<ServiceView>;
  readonly endpoints: Reflector<EndpointsView>;
  readonly nodes: Reflector<NodeView>;
  readonly pools: Reflector<PoolView>;
  readonly advertisements: Reflector<AdvertisementView>;
}

/** Makes the mirrors; each must be run. Pools and advertisements count only in `namespace`. */
export function createCaches(deps: ReflectorDeps, namespace: string): Caches {
  const ours = ({ group, version, plural }: Resource): string =>
    resourcePath({ group, version, plural, namespace });
  return {
    services: new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'services' }),
      project: viewService,
    }),
    endpoints: new Reflector(deps, {
      path: resourcePath({ group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }),
      labelSelector: 'kubernetes.io/service-name',
      project: viewEndpointSlice,
    }),
    nodes: new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'nodes' }),
      project: viewNode,
    }),
    pools: new Reflector(deps, { path: ours(IPAddressPoolResource), project: viewPool }),
    advertisements: new Reflector(deps, {
      path: ours(L2AdvertisementResource),
      project: viewAdvertisement,
    }),
  };
}
