const STABLE_PREFIX = 'metallb.io/';
const DEPRECATED_PREFIX = 'metallb.universe.tf/';

/** The Service annotations, by their stable keys. All but the last are read; the last is written. */
export const ANNOTATION = {
  /** Allocate only from this pool. */
  ADDRESS_POOL: 'metallb.io/address-pool',
  /** Requested addresses, comma-separated. */
  LOAD_BALANCER_IPS: 'metallb.io/loadBalancerIPs',
  /** Sharing key. */
  ALLOW_SHARED_IP: 'metallb.io/allow-shared-ip',
  /** The pool that the addresses came from. */
  IP_ALLOCATED_FROM_POOL: 'metallb.io/ip-allocated-from-pool',
} as const;

/** A key of `ANNOTATION`. */
export type AnnotationKey = (typeof ANNOTATION)[keyof typeof ANNOTATION];

/** Annotations of an object. */
export type Annotations = Readonly<Record<string, string>>;

/** The key that older manifests use for an annotation. */
export function deprecatedKey(key: AnnotationKey): string {
  return DEPRECATED_PREFIX + key.slice(STABLE_PREFIX.length);
}

/**
 * The value of an annotation under its stable or its deprecated key; `undefined` when it is absent or empty. The stable key wins whenever it is
 * there, even empty, which then means that nothing is set.
 */
export function readAnnotation(
  annotations: Annotations | undefined,
  key: AnnotationKey,
): string | undefined {
  const value = annotations?.[key] ?? annotations?.[deprecatedKey(key)];
  return value === '' ? undefined : value;
}

/** Whether an annotation is there under either key, even empty. */
export function hasAnnotation(annotations: Annotations | undefined, key: AnnotationKey): boolean {
  return annotations?.[key] !== undefined || annotations?.[deprecatedKey(key)] !== undefined;
}

/** All keys with the deprecated prefix, sorted. */
export function deprecatedAnnotations(annotations: Annotations | undefined): readonly string[] {
  return Object.keys(annotations ?? {})
    .filter((key) => key.startsWith(DEPRECATED_PREFIX))
    .toSorted();
}

/** Labels that mean something to us. */
export const LABEL = {
  /** On a Node, with any value: it announces no address. */
  EXCLUDE_FROM_LOAD_BALANCERS: 'node.kubernetes.io/exclude-from-external-load-balancers',
  /** On a ConfigurationState: `controller` or `speaker`. */
  COMPONENT_TYPE: 'metallb.io/component-type',
  /** On a ConfigurationState of a speaker: its Node. */
  NODE_NAME: 'metallb.io/node-name',
  /** On a ServiceL2Status: the Node that announces. */
  NODE: 'metallb.io/node',
  /** On a ServiceL2Status: the name of the Service that is announced. */
  STATUS_SERVICE_NAME: 'metallb.io/service-name',
  /** On a ServiceL2Status: the namespace of that Service. */
  STATUS_SERVICE_NAMESPACE: 'metallb.io/service-namespace',
  /** On an EndpointSlice: the Service it belongs to. */
  SERVICE_NAME: 'kubernetes.io/service-name',
} as const;
