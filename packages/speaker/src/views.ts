import { hasAnnotation, ANNOTATION, type Labels } from '@picluster/api';
import { sharedList } from './shared.ts';

/** One for all Services, of which there may be thousands: what came with a Service's own text would be another each. */
const LOAD_BALANCER = 'LoadBalancer';
const NO_LABELS: Labels = {};

/** What the speaker keeps of a Service. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly type: string;
  readonly loadBalancerClass: string | undefined;
  /** `status.loadBalancer.ingress`, one text an entry; empty text where an entry has no `ip`. */
  readonly ingress: readonly string[];
  /** `externalTrafficPolicy: Local`: only nodes with an endpoint may answer. */
  readonly localTraffic: boolean;
  /** Whether the Service asks to share its address, under either annotation key, whatever the value. */
  readonly sharesAddress: boolean;
}

/** What the speaker keeps of a Node. */
export interface NodeView {
  readonly name: string;
  /** What belongs to the Node says so by this. */
  readonly uid?: string;
  readonly labels: Labels;
  /** The condition NetworkUnavailable is True. */
  readonly networkUnavailable: boolean;
  /** Its addresses of type InternalIP. */
  readonly addresses: readonly string[];
}

/** What the speaker keeps of an EndpointSlice: the endpoints that can serve. */
export interface EndpointsView {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Whether there is an endpoint that can serve, be its node known or not. */
  readonly canServe: boolean;
  /** The nodes of those endpoints, each once. */
  readonly nodes: readonly string[];
}

interface RawMetadata {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The fields of a Service that are read, all of them possibly absent. */
interface RawService {
  readonly metadata?: RawMetadata;
  readonly spec?: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly externalTrafficPolicy?: string;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
  };
}

interface RawNode {
  readonly metadata?: RawMetadata;
  readonly status?: {
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
    readonly addresses?: readonly { readonly type?: string; readonly address?: string }[];
  };
}

interface RawEndpointSlice {
  readonly metadata?: RawMetadata;
  readonly endpoints?: readonly {
    readonly nodeName?: string;
    readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null };
  }[];
}

/** Keeps of a Service what is used. One that was never a load balancer is left out: `undefined`. */
export function viewService(raw: unknown): ServiceView | undefined {
  const { metadata = {}, spec = {}, status = {} } = raw as RawService;
  if (spec.type !== LOAD_BALANCER) return undefined;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? NO_LABELS,
    type: LOAD_BALANCER,
    loadBalancerClass: spec.loadBalancerClass,
    ingress: (status.loadBalancer?.ingress ?? []).map((entry) => entry.ip ?? ''),
    localTraffic: spec.externalTrafficPolicy === 'Local',
    sharesAddress: hasAnnotation(metadata.annotations, ANNOTATION.ALLOW_SHARED_IP),
  };
}

/** Keeps of a Node what is used. */
export function viewNode(raw: unknown): NodeView {
  const { metadata = {}, status = {} } = raw as RawNode;
  return {
    name: metadata.name ?? '',
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
    labels: metadata.labels ?? {},
    networkUnavailable: (status.conditions ?? []).some(
      (condition) => condition.type === 'NetworkUnavailable' && condition.status === 'True',
    ),
    addresses: (status.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address)
      .filter((address) => address !== undefined),
  };
}

/**
 * Keeps of an EndpointSlice what is used; one that belongs to no Service is left out: `undefined`. An endpoint can serve if
 * `ready` is true or absent, or `serving` is true: so one that is about to end still counts while it serves.
 */
export function viewEndpointSlice(raw: unknown): EndpointsView | undefined {
  const { metadata = {}, endpoints } = raw as RawEndpointSlice;
  const service = metadata.labels?.['kubernetes.io/service-name'];
  if (service === undefined) return undefined;
  const serving = (endpoints ?? []).filter(
    ({ conditions = {} }) => (conditions.ready ?? true) || conditions.serving === true,
  );
  const nodes = serving.map((endpoint) => endpoint.nodeName).filter((name) => name !== undefined);
  return {
    // Joined, as it is kept: a template gives a tree of its parts.
    service: [metadata.namespace ?? '', service].join('/'),
    canServe: serving.length > 0,
    nodes: sharedList([...new Set(nodes)]),
  };
}
