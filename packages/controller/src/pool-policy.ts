import { matchesAnySelector, matchesSelector } from '@picluster/api';
import type { Pool } from '@picluster/ipam';
import type { PoolBook } from './pool-book.ts';
import type { NamespaceView, PoolSpecView } from './pool-view.ts';
import type { ServiceView } from './service-view.ts';

/** Which pools are open to a Service. */
export interface PoolPolicy {
  /** Whether a Service may have addresses of this pool at all. */
  allows(pool: Pool, service: ServiceView): boolean;
  /** Why it may not, as the end of a sentence that begins with the pool's name; `undefined` where it may. */
  objection(pool: string, service: ServiceView): string | undefined;
  /** Whether the pool has a `serviceAllocation`. Such pools are tried first, the others only where none of them can help. */
  pinned(pool: Pool): boolean;
  /** Whether a pool object exists of which nothing is in force: an address that no pool has may be one of its. */
  readonly incomplete: boolean;
  /** The names of those pools. */
  readonly notInForce: readonly string[];
  /** Changes when, and only when, the answers may change. */
  readonly fingerprint: string;
}

/**
 * The policy of the booked pools over the namespaces there are. A namespace matches by name or by selector; a pool whose namespace selectors match none is
 * open to nobody, not to everybody. Services match by any of the service selectors, or all of them where there is none; both conditions must hold.
 */
export function poolPolicy(book: PoolBook, namespaces: Iterable<NamespaceView>): PoolPolicy {
  const all = [...namespaces];
  const allowed = new Map<string, ReadonlySet<string> | undefined>();
  for (const [name, { spec }] of book.booked) allowed.set(name, namespacesOf(spec, all));
  const notInForce = book.refused.filter((each) => !each.lastGoodStays).map(({ name }) => name);
  const specs = [...book.booked].map(([name, { spec }]) => [
    name,
    spec,
    [...(allowed.get(name) ?? [])].toSorted(),
  ]);
  const objection = (pool: string, { namespace, labels }: ServiceView): string | undefined => {
    const spec = book.booked.get(pool)?.spec;
    if (spec === undefined) return 'is not in force';
    if (allowed.get(pool)?.has(namespace) === false) {
      return `is not for namespace ${namespace} (serviceAllocation.namespaces, namespaceSelectors)`;
    }
    const { serviceSelectors } = spec;
    return serviceSelectors.length === 0 || matchesAnySelector(serviceSelectors, labels)
      ? undefined
      : 'is for services with other labels (serviceAllocation.serviceSelectors)';
  };
  return {
    allows: (pool, service) => objection(pool.name, service) === undefined,
    objection,
    pinned: (pool) => book.booked.get(pool.name)?.spec.pinned ?? false,
    incomplete: notInForce.length > 0,
    notInForce,
    fingerprint: JSON.stringify([specs, notInForce]),
  };
}

/** The namespaces that a pool is open to; `undefined`: all. */
function namespacesOf(
  { namespaces, namespaceSelectors }: PoolSpecView,
  all: readonly NamespaceView[],
): ReadonlySet<string> | undefined {
  if (namespaces.length === 0 && namespaceSelectors.length === 0) return undefined;
  const selected = all.filter(({ labels }) =>
    namespaceSelectors.some((each) => matchesSelector(each, labels)),
  );
  return new Set([...namespaces, ...selected.map(({ name }) => name)]);
}
