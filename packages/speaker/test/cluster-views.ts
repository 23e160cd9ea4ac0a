import type { AdvertisementView, PoolView } from '../src/advertising.ts';
import { parsePoolRange } from '../src/pool-ranges.ts';
import type { EndpointsView, NodeView, ServiceView } from '../src/views.ts';

/** A Service of type LoadBalancer called default/web, with what is given. */
export function service(change: Partial<ServiceView> = {}): ServiceView {
  return {
    namespace: 'default',
    name: 'web',
    uid: 'uid-web',
    labels: {},
    type: 'LoadBalancer',
    loadBalancerClass: undefined,
    ingress: ['10.20.30.1'],
    localTraffic: false,
    sharesAddress: false,
    ...change,
  };
}

export function node(name: string, change: Partial<NodeView> = {}): NodeView {
  return { name, labels: { name }, networkUnavailable: false, addresses: [], ...change };
}

export function pool(
  name: string,
  addresses: string[],
  labels: Record<string, string> = {},
): PoolView {
  const ranges = addresses.map(parsePoolRange).filter((range) => range !== undefined);
  return { name, labels, ranges, addresses };
}

export function advertisement(change: Partial<AdvertisementView> = {}): AdvertisementView {
  return { name: 'all', ...change };
}

/** An advertisement's selector for one node. */
export function onNode(name: string): NonNullable<AdvertisementView['nodeSelectors']> {
  return [{ matchLabels: { name } }];
}

/** A slice of default/web whose endpoints on these nodes can serve. */
export function endpoints(...nodes: string[]): EndpointsView {
  return { service: 'default/web', canServe: nodes.length > 0, nodes };
}
