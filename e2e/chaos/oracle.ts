import {
  addressesOfPool,
  allows,
  familiesOf,
  type Family,
  familyOf,
  keyOf,
  mayShare,
  type PoolObject,
  requestedPoolOf,
  requestOf,
  sameTexts,
  type ServiceObject,
  shownBy,
  whyNotKeep,
} from './cluster-model.ts';

/** What the API shows once nothing changes any more. All pools are good ones and do not overlap. */
export interface Rest {
  readonly pools: readonly PoolObject[];
  readonly services: readonly ServiceObject[];
}

/**
 * What is wrong with a state at rest, in words; nothing: it is right. It asks for no particular assignment: any will do in which each Service that
 * has something may have it, and nobody goes without who could have something as the others stand.
 */
export function problemsAtRest(rest: Rest): readonly string[] {
  return [
    ...rest.services.flatMap((service) =>
      problemsOfService(service, rest).map((problem) => `${keyOf(service)}: ${problem}`),
    ),
    ...problemsOfSharing(rest.services),
    ...rest.pools.flatMap((pool) => problemsOfPoolStatus(pool, rest.services)),
  ];
}

function problemsOfService(service: ServiceObject, rest: Rest): readonly string[] {
  const shown = shownBy(service);
  const problems: string[] = [];
  const marked = service.metadata.annotations?.['metallb.io/ip-allocated-from-pool'];
  const [first] = shown;
  if (first === undefined) {
    const could = couldHave(service, rest);
    if (could !== undefined) problems.push(`has no address, but ${could}`);
    if (marked !== undefined) problems.push(`has no address, but says it is from ${marked}`);
    return problems;
  }
  const objection = whyNotKeep(service, shown, rest.pools);
  if (objection !== undefined) problems.push(`shows ${shown.join(' and ')}, but ${objection}`);
  const owner = rest.pools.find((pool) => addressesOfPool(pool).includes(first));
  if (marked !== owner?.metadata.name)
    problems.push(`shows ${first} of ${owner?.metadata.name}, but says it is from ${marked}`);
  if (objection === undefined && shown.length < familiesOf(service).length && owner !== undefined) {
    const missing = familyOf(first) === 'ipv4' ? 'ipv6' : 'ipv4';
    const more = obtainable(service, owner, missing, rest.services);
    if (more !== undefined) problems.push(`shows ${first} only, but could have ${more} too`);
  }
  return problems;
}

function problemsOfSharing(services: readonly ServiceObject[]): readonly string[] {
  const problems: string[] = [];
  for (const [at, one] of services.entries()) {
    for (const other of services.slice(at + 1)) {
      const common = shownBy(one).filter((address) => shownBy(other).includes(address));
      if (common.length > 0 && !mayShare(one, other))
        problems.push(`${keyOf(one)} and ${keyOf(other)} both show ${common.join()}`);
    }
  }
  return problems;
}

function problemsOfPoolStatus(
  pool: PoolObject,
  services: readonly ServiceObject[],
): readonly string[] {
  const all = addressesOfPool(pool);
  const used = new Set(services.flatMap(shownBy).filter((address) => all.includes(address)));
  const count = (family: Family, among: Iterable<string>): number =>
    [...among].filter((address) => familyOf(address) === family).length;
  const wanted = {
    assignedIPv4: count('ipv4', used),
    assignedIPv6: count('ipv6', used),
    availableIPv4: count('ipv4', all) - count('ipv4', used),
    availableIPv6: count('ipv6', all) - count('ipv6', used),
  };
  return Object.entries(wanted).flatMap(([field, value]) => {
    const says = pool.status?.[field as keyof typeof wanted];
    return says === value
      ? []
      : [`pool ${pool.metadata.name}: status.${field} is ${says}, not ${value}`];
  });
}

/** What a Service without an address could have as all others stand, in words. */
function couldHave(service: ServiceObject, { pools, services }: Rest): string | undefined {
  const families = familiesOf(service);
  if (service.spec.type !== 'LoadBalancer' || families.length === 0) return undefined;
  const named = requestedPoolOf(service);
  const request = requestOf(service);
  for (const pool of pools) {
    if (named !== undefined && named !== pool.metadata.name) continue;
    if (!allows(pool, service)) continue;
    if (request.length > 0) {
      const grantable =
        sameTexts(request.map(familyOf), families) &&
        request.every((address) => isObtainable(service, pool, address, services));
      if (grantable) return `could have ${request.join(' and ')} as it asks`;
      continue;
    }
    if (named === undefined && pool.spec.autoAssign === false) continue;
    const found = families.map((family) => obtainable(service, pool, family, services));
    const enough =
      service.spec.ipFamilyPolicy === 'PreferDualStack'
        ? found.some((each) => each !== undefined)
        : found.every((each) => each !== undefined);
    if (enough) return `could have ${found.filter(Boolean).join(' and ')} of ${pool.metadata.name}`;
  }
  return undefined;
}

function obtainable(
  service: ServiceObject,
  pool: PoolObject,
  family: Family,
  services: readonly ServiceObject[],
): string | undefined {
  return addressesOfPool(pool).find(
    (address) => familyOf(address) === family && isObtainable(service, pool, address, services),
  );
}

function isObtainable(
  service: ServiceObject,
  pool: PoolObject,
  address: string,
  services: readonly ServiceObject[],
): boolean {
  if (!addressesOfPool(pool).includes(address)) return false;
  return services
    .filter((other) => other !== service && shownBy(other).includes(address))
    .every((other) => mayShare(service, other));
}
