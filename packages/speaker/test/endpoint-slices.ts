import { type EndpointsView, viewEndpointSlice } from '../src/views.ts';

/** An endpoint of a slice: on which node, and how it is; `ready` where nothing is said. */
export type TestEndpoint = readonly [node: string, condition?: keyof typeof CONDITIONS];

const CONDITIONS = {
  ready: { ready: true, serving: true },
  'not-ready': { ready: false, serving: false },
  serving: { ready: false, serving: true },
  'ready-not-serving': { ready: true, serving: false },
} as const;

/** A slice of the Service default/`name`, as the speaker reads it from what the API server sends. */
export function sliceOf(
  name: string,
  endpoints: readonly TestEndpoint[],
): EndpointsView | undefined {
  return viewEndpointSlice({
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    endpoints: endpoints.map(([nodeName, condition = 'ready']) => ({
      nodeName,
      conditions: CONDITIONS[condition],
    })),
  });
}
