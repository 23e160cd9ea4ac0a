import {
  ANNOTATION,
  CONDITION,
  deprecatedAnnotations,
  readAnnotation,
  type Condition,
  type Labels,
} from '@picluster/api';

/** One entry of `status.loadBalancer.ingress`. */
interface Ingress {
  /** Empty where the entry has only a host name. */
  readonly ip: string;
  readonly hostname: string;
}

/** What the controller keeps of a Service. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts changes of the spec; old API servers do not count those of Services. */
  readonly generation: number | undefined;
  /** RFC 3339, so that the order of the texts is the order in time. */
  readonly createdAt: string;
  readonly labels: Labels;
  readonly type: string;
  readonly loadBalancerClass: string | undefined;
  /** `spec.loadBalancerIP`, or `undefined` where it is absent or empty. */
  readonly loadBalancerIP: string | undefined;
  /** The annotation with requested addresses, as it is written. */
  readonly requestedIPs: string | undefined;
  /** The annotation that names a pool. */
  readonly requestedPool: string | undefined;
  /** Empty: it shares with nobody. */
  readonly sharingKey: string;
  /** With `externalTrafficPolicy: Local` what the selector is, as one text; else empty. */
  readonly backendKey: string;
  /** Protocol and port: `TCP/80`. */
  readonly ports: readonly string[];
  readonly clusterIPs: readonly string[];
  readonly ipFamilyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly preferredFamily: 'ipv4' | 'ipv6';
  readonly ingress: readonly Ingress[];
  /** All of them, ours and those of others. */
  readonly conditions: readonly Condition[];
  /** Who else wrote addresses into the status, by the names that they gave the API server. */
  readonly statusManagers: readonly string[];
  readonly finalizers: readonly string[];
  /** The annotation that we write. */
  readonly allocatedFromPool: string | undefined;
  /** Keys with the deprecated prefix. */
  readonly deprecatedAnnotations: readonly string[];
}

/** Who set which fields: of `fieldsV1` only the way to the addresses. */
interface ManagedFields {
  readonly manager?: string;
  readonly subresource?: string;
  readonly fieldsV1?: { readonly 'f:status'?: { readonly 'f:loadBalancer'?: unknown } };
}

interface RawService {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly ManagedFields[];
    readonly labels?: Labels;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly externalTrafficPolicy?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly protocol?: string; readonly port?: number }[];
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ipFamilyPolicy?: string;
    readonly ipFamilies?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
    readonly conditions?: readonly Condition[];
  };
}

/** Keeps of a Service what is used. One that is no load balancer and bears no trace of having been one is left out: `undefined`. */
export function viewService(raw: unknown): ServiceView | undefined {
  const { metadata = {}, spec = {}, status = {} } = raw as RawService;
  const { annotations } = metadata;
  const ingress = status.loadBalancer?.ingress ?? [];
  const allocatedFromPool = annotations?.[ANNOTATION.IP_ALLOCATED_FROM_POOL];
  const type = spec.type ?? 'ClusterIP';
  const conditions = status.conditions ?? NONE;
  const hasTrace =
    ingress.length > 0 ||
    allocatedFromPool !== undefined ||
    conditions.some((each) => each.type === CONDITION.ADDRESS_ASSIGNED);
  if (type !== 'LoadBalancer' && !hasTrace) return undefined;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation,
    createdAt: metadata.creationTimestamp ?? '',
    labels: metadata.labels ?? NO_LABELS,
    type,
    loadBalancerClass: spec.loadBalancerClass,
    loadBalancerIP: spec.loadBalancerIP === '' ? undefined : spec.loadBalancerIP,
    requestedIPs: readAnnotation(annotations, ANNOTATION.LOAD_BALANCER_IPS),
    requestedPool: readAnnotation(annotations, ANNOTATION.ADDRESS_POOL),
    sharingKey: readAnnotation(annotations, ANNOTATION.ALLOW_SHARED_IP) ?? '',
    backendKey: spec.externalTrafficPolicy === 'Local' ? selectorText(spec.selector) : '',
    ports: (spec.ports ?? []).map(({ protocol = 'TCP', port = 0 }) => `${protocol}/${port}`),
    clusterIPs: clusterIPsOf(spec),
    ipFamilyPolicy: policyOf(spec.ipFamilyPolicy),
    preferredFamily: spec.ipFamilies?.[0] === 'IPv6' ? 'ipv6' : 'ipv4',
    ingress: orNone(ingress.map(({ ip = '', hostname = '' }) => ({ ip, hostname }))),
    conditions,
    statusManagers: statusManagers(metadata.managedFields),
    finalizers: metadata.finalizers ?? NONE,
    allocatedFromPool,
    deprecatedAnnotations: orNone(deprecatedAnnotations(annotations)),
  };
}

/** `namespace/name`. */
export function keyOfService({ namespace, name }: ServiceView): string {
  return `${namespace}/${name}`;
}

/** What most Services have; one list for all of them. */
const NONE: readonly never[] = [];
const NO_LABELS: Labels = {};

function orNone<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list;
}

/** How our own writes are called: the API server takes it from the start of the user agent. */
const FIELD_MANAGER = 'picluster-controller';

function statusManagers(fields: readonly ManagedFields[] = []): readonly string[] {
  const names = fields.flatMap(({ manager = '', subresource, fieldsV1 }) =>
    subresource === 'status' &&
    manager !== FIELD_MANAGER &&
    fieldsV1?.['f:status']?.['f:loadBalancer'] !== undefined
      ? [manager]
      : [],
  );
  return orNone(names);
}

function clusterIPsOf({
  clusterIPs = [],
  clusterIP = '',
}: NonNullable<RawService['spec']>): readonly string[] {
  if (clusterIPs.length > 0) return clusterIPs;
  return clusterIP === '' ? [] : [clusterIP];
}

function policyOf(text: string | undefined): ServiceView['ipFamilyPolicy'] {
  return text === 'PreferDualStack' || text === 'RequireDualStack' ? text : 'SingleStack';
}

/** An empty selector gives an empty text: its Service may share with those under the policy Cluster. */
function selectorText(selector: Readonly<Record<string, string>> = {}): string {
  const entries = Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${value}`).join(',');
}

/** Oldest first, then by key: the order in which Services that want the same address get it. */
export function byAge(services: Iterable<ServiceView>): ServiceView[] {
  return Array.from(services, (service) => ({
    service,
    rank: `${service.createdAt} ${keyOfService(service)}`,
  }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ service }) => service);
}
