/** An IPAddressPool as the API shows it: what the workload uses of it. */
export interface PoolObject {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly addresses: readonly string[];
    readonly autoAssign?: boolean;
    readonly avoidBuggyIPs?: boolean;
    readonly serviceAllocation?: {
      readonly priority?: number;
      readonly namespaces?: readonly string[];
      readonly serviceSelectors?: readonly {
        readonly matchLabels?: Readonly<Record<string, string>>;
      }[];
    };
  };
  readonly status?: Readonly<
    Record<'assignedIPv4' | 'assignedIPv6' | 'availableIPv4' | 'availableIPv6', number>
  >;
}

/** A Service as the API shows it: what the workload uses of it. */
export interface ServiceObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly type: string;
    readonly loadBalancerIP?: string;
    readonly externalTrafficPolicy?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly protocol: string; readonly port: number }[];
    readonly clusterIPs?: readonly string[];
    readonly ipFamilyPolicy?: string;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
  };
}

/** On a pool that the workload made wrong on purpose: what it says does not count. */
export const BROKEN = 'chaos/broken';

export type Family = 'ipv4' | 'ipv6';

// All of this is written a second time and naively, on lists of texts, so that it shares no mistake with what is tested.

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Every address of a pool, as text. Ranges and CIDRs of the workload differ in the last group only. */
export function addressesOfPool({ spec }: PoolObject): readonly string[] {
  const all = spec.addresses.flatMap(expand);
  return spec.avoidBuggyIPs === true
    ? all.filter((address) => familyOf(address) === 'ipv6' || !/\.(0|255)$/.test(address))
    : all;
}

function expand(entry: string): readonly string[] {
  const [first = '', last] = entry.split('-');
  const [base = '', bits] = first.split('/');
  const radix = familyOf(base) === 'ipv4' ? 10 : 16;
  const stem = base.slice(0, Math.max(base.lastIndexOf('.'), base.lastIndexOf(':')) + 1);
  const low = Number.parseInt(base.slice(stem.length), radix);
  const size = bits === undefined ? 1 : 2 ** ((radix === 10 ? 32 : 128) - Number(bits));
  if (last !== undefined && !last.startsWith(stem)) throw new Error(`cannot expand ${entry}`);
  const high =
    last === undefined ? low + size - 1 : Number.parseInt(last.slice(stem.length), radix);
  const addresses: string[] = [];
  for (let at = low; at <= high; at++) addresses.push(stem + at.toString(radix));
  return addresses;
}

export function keyOf({ metadata }: ServiceObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** The addresses that a Service shows. */
export function shownBy({ status }: ServiceObject): readonly string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}

/** The addresses that a Service asks for; none: it leaves the choice to the controller. */
export function requestOf({ metadata, spec }: ServiceObject): readonly string[] {
  const annotation = metadata.annotations?.['metallb.io/loadBalancerIPs'];
  if (annotation !== undefined) return annotation.split(',').map((text) => text.trim());
  return spec.loadBalancerIP === undefined || spec.loadBalancerIP === ''
    ? []
    : [spec.loadBalancerIP];
}

export function requestedPoolOf({ metadata }: ServiceObject): string | undefined {
  return metadata.annotations?.['metallb.io/address-pool'];
}

export function familiesOf({ spec }: ServiceObject): readonly Family[] {
  return (spec.clusterIPs ?? []).map(familyOf);
}

/** Whether a Service may have addresses of a pool. */
export function allows(pool: PoolObject, service: ServiceObject): boolean {
  const { namespaces = [], serviceSelectors = [] } = pool.spec.serviceAllocation ?? {};
  const { namespace, labels = {} } = service.metadata;
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false;
  return (
    serviceSelectors.length === 0 ||
    serviceSelectors.some(({ matchLabels = {} }) =>
      Object.entries(matchLabels).every(([name, value]) => labels[name] === value),
    )
  );
}

/** Whether two Services may have one address together. */
export function mayShare(one: ServiceObject, other: ServiceObject): boolean {
  const key = sharingKeyOf(one);
  if (key === '' || key !== sharingKeyOf(other)) return false;
  if (backendOf(one) !== backendOf(other)) return false;
  const ports = new Set(portsOf(one));
  return !portsOf(other).some((port) => ports.has(port));
}

function sharingKeyOf({ metadata }: ServiceObject): string {
  return metadata.annotations?.['metallb.io/allow-shared-ip'] ?? '';
}

function backendOf({ spec }: ServiceObject): string {
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  // Local without a selector goes together with Cluster: MetalLB's rule.
  if (spec.externalTrafficPolicy !== 'Local' || selector.length === 0) return '';
  return selector.toSorted().join();
}

function portsOf({ spec }: ServiceObject): readonly string[] {
  return spec.ports.map(({ protocol, port }) => `${protocol}/${port}`);
}

export function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

/**
 * Why a Service may not go on having these addresses, whoever else has them; `undefined`: it may. A pool's `autoAssign` does not
 * count for what is given already.
 */
export function whyNotKeep(
  service: ServiceObject,
  addresses: readonly string[],
  pools: readonly PoolObject[],
): string | undefined {
  if (service.spec.type !== 'LoadBalancer') return 'it is no load balancer';
  const wanted = familiesOf(service);
  const has = addresses.map(familyOf);
  const fits =
    sameTexts(has, wanted) ||
    (service.spec.ipFamilyPolicy === 'PreferDualStack' && wanted.length === 2 && has.length === 1);
  if (!fits) return `it wants ${wanted.join(' and ')}`;
  const owners = addresses.map((address) =>
    pools.find((pool) => addressesOfPool(pool).includes(address)),
  );
  const [owner] = owners;
  if (owner === undefined || owners.some((each) => each !== owner))
    return 'no pool has all its addresses';
  if (!allows(owner, service)) return `pool ${owner.metadata.name} is not for it`;
  const pool = requestedPoolOf(service);
  if (pool !== undefined && pool !== owner.metadata.name) return `it asks for pool ${pool}`;
  const request = requestOf(service);
  if (request.length > 0 && !sameTexts(request, addresses)) return `it asks for ${request.join()}`;
  return undefined;
}
