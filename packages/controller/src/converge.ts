import type { Claim, Ipam, Outcome, Pool, Wish } from '@picluster/ipam';
import type { Verdict } from '@picluster/api';
import type { PoolPolicy } from './pool-policy.ts';
import { keyOfService, type ServiceView } from './service-view.ts';
import {
  requestedAddresses,
  sameAddresses,
  sharingOf,
  stackOf,
  type Stack,
} from './service-wish.ts';
import { whyNone, whyRefused, type WhyNot } from './why-not.ts';

/** An event on a Service. */
interface ServiceEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What is to become of a Service. */
export interface Decision {
  readonly ipam: Ipam;
  /** The addresses that its status shall show; `undefined`: its status stays as it is. */
  readonly addresses: readonly string[] | undefined;
  readonly events: readonly ServiceEvent[];
  /** What its condition shall say; `undefined`: it shall have none. */
  readonly verdict: Verdict | undefined;
  /** Whether it did not get what it wants: it is looked at again when an address may have become free. */
  readonly waits: boolean;
}

/** The work in progress on one Service. */
interface Draft {
  readonly key: string;
  readonly service: ServiceView;
  readonly policy: PoolPolicy;
  readonly stack: Stack;
  readonly events: ServiceEvent[];
  ipam: Ipam;
}

/**
 * Decides on one Service from what its status shows, what it asks for and what is in use. Deciding again on the result changes nothing.
 *
 * An address in the status is kept where that is still right; else it is cleared and another one is sought at once.
 */
export function converge(ipam: Ipam, policy: PoolPolicy, service: ServiceView): Decision {
  const key = keyOfService(service);
  if (service.type !== 'LoadBalancer') return cleared(ipam, key, undefined);
  const { clusterIPs, ipFamilyPolicy } = service;
  if (clusterIPs.length === 0)
    return cleared(ipam, key, denied('NoClusterIP', 'the Service has no cluster address'));
  if (ipFamilyPolicy === 'RequireDualStack' && clusterIPs.length < 2) {
    const message = `Service requires dual stack but not enough clusterips [${clusterIPs.join(' ')}]`;
    const verdict = denied('NotEnoughClusterIPs', message);
    return cleared(ipam, key, verdict, [warning('not enough clusterips', message)]);
  }
  const stack = stackOf(clusterIPs);
  if (stack === undefined) {
    const message = `Failed to retrieve ClusterIPs IPFamily for [${clusterIPs.join(' ')}]: one address, or one of each family, is needed`;
    return {
      ipam,
      addresses: undefined,
      events: [warning('noclusterIPsIPFamily', message)],
      verdict: denied('ClusterIPFamilyUnknown', message),
      waits: true,
    };
  }
  const draft: Draft = { key, service, policy, stack, events: [], ipam };
  if (!keepCurrent(draft)) {
    const pools = policy.notInForce.join(', ');
    const message = `no pool in force has its address, but pool ${pools} is refused as it is written: the address stays until that is mended or deleted`;
    const verdict = { status: 'Unknown', reason: 'PoolRefused', message } as const;
    return { ipam, addresses: undefined, events: [], verdict, waits: true };
  }
  return fulfil(draft);
}

/** Claims what the status shows, or drops it. False: nothing can be said, because a pool that may have it is not known yet. */
function keepCurrent(draft: Draft): boolean {
  const { key, service, policy, stack } = draft;
  const current = service.ingress.filter(({ ip }) => ip !== '').map(({ ip }) => ip);
  const currentStack = stackOf(current);
  if (current.length > 0 && currentStack === undefined) {
    const message = `Failed to retrieve LBIPs IPFamily for [${current.join(' ')}]: one address, or one of each family, is expected`;
    draft.events.push(warning('nolbIPsIPFamily', message));
  }
  if (currentStack === undefined || !compatible(currentStack, stack, service)) {
    draft.ipam = draft.ipam.release(key);
    return true;
  }
  const outcome = draft.ipam.request(key, current, claimOf(draft));
  if (outcome.ok) {
    draft.ipam = outcome.next;
    return true;
  }
  if (outcome.reason.code === 'not-in-any-pool' && policy.incomplete) return false;
  const why = `current IP for "${key}" not allowed by config, will attempt for new IP assignment: ${whyRefused(draft, outcome.reason).why}`;
  draft.events.push({ type: 'Normal', reason: 'ClearAssignment', message: why });
  draft.ipam = draft.ipam.release(key);
  return true;
}

/** A Service that would like two families may have one. */
function compatible(current: Stack, wanted: Stack, { ipFamilyPolicy }: ServiceView): boolean {
  return current === wanted || (wanted === 'dual' && ipFamilyPolicy === 'PreferDualStack');
}

/** Holds against the wishes of the Service what it has, and gives what is missing. */
function fulfil(draft: Draft): Decision {
  const { key, service } = draft;
  const held = draft.ipam.allocationOf(key);
  if (
    held !== undefined &&
    service.requestedPool !== undefined &&
    service.requestedPool !== held.pool
  ) {
    draft.ipam = draft.ipam.release(key);
  }
  const request = requestedAddresses(service);
  if (!request.ok) return badRequest(draft, request.problem);
  const { addresses } = request;
  if (
    addresses.length > 0 &&
    !sameAddresses(addresses, draft.ipam.allocationOf(key)?.addresses ?? [])
  ) {
    draft.ipam = draft.ipam.release(key);
  }
  const kept = draft.ipam.allocationOf(key);
  if (kept !== undefined) {
    if (kept.addresses.length === 1 && draft.stack === 'dual') return extended(draft);
    return decided(draft);
  }
  const outcome = addresses.length > 0 ? giveRequested(draft, addresses) : give(draft);
  if ('why' in outcome) return refused(draft, outcome);
  draft.ipam = outcome.next;
  draft.events.push(assigned(outcome.addresses));
  return decided(draft);
}

/** A request that makes no sense takes nothing away. */
function badRequest(draft: Draft, problem: string): Decision {
  if (draft.ipam.allocationOf(draft.key) === undefined)
    return refused(draft, { reason: 'InvalidRequest', why: problem });
  const message = `invalid requested loadbalancer IPs: ${problem}`;
  draft.events.push(warning('LoadBalancerFailed', message));
  return decided(draft, message);
}

/** Adds the other family to a Service that would like both; it keeps the one that it has in any case. */
function extended(draft: Draft): Decision {
  const outcome = draft.ipam.extend(draft.key, sharingOf(draft.service));
  if (outcome.ok) {
    draft.ipam = outcome.next;
    const message = `Assigned additional IP "${outcome.addresses.at(-1)}"`;
    draft.events.push({ type: 'Normal', reason: 'IPAllocated', message });
    return decided(draft);
  }
  const { why } = whyRefused(draft, outcome.reason);
  const message = `cannot assign additional IP in PreferDualStack: ${why}`;
  draft.events.push({ type: 'Normal', reason: 'AdditionalAssignFailed', message });
  return decided(draft, message);
}

type Given = Extract<Outcome, { ok: true }>;

function giveRequested(draft: Draft, addresses: readonly string[]): Given | WhyNot {
  const { key, service, stack, ipam } = draft;
  if (stackOf(addresses) !== stack) {
    const wanted = {
      ipv4: 'an IPv4 address',
      ipv6: 'an IPv6 address',
      dual: 'one address of each family',
    };
    const why = `requested loadBalancer IP(s) ${quoted(addresses)} does not match the ipFamily of the service: ask for ${wanted[stack]}`;
    return { reason: 'FamilyMismatch', why };
  }
  const outcome = ipam.request(key, addresses, claimOf(draft));
  if (!outcome.ok) return whyRefused(draft, outcome.reason);
  const { requestedPool } = service;
  if (requestedPool !== undefined && outcome.pool !== requestedPool) {
    const why = `requested loadBalancer IP(s) ${quoted(addresses)} is not compatible with requested address pool ${requestedPool}: pool ${outcome.pool} has it`;
    return { reason: 'PoolMismatch', why };
  }
  return outcome;
}

/**
 * From the pool that is named, else what is kept for it, else from the first pool that can: first the pools that say whom they are for, then
 * the others.
 */
function give(draft: Draft): Given | WhyNot {
  const { key, service, policy, stack, ipam } = draft;
  const families =
    stack === 'dual' && service.ipFamilyPolicy === 'PreferDualStack' ? 'prefer-dual' : stack;
  const allowed = (pool: Pool): boolean => policy.allows(pool, service);
  const wish: Wish = {
    families,
    preferred: service.preferredFamily,
    sharing: sharingOf(service),
    eligible: allowed,
    ...(service.requestedPool === undefined ? {} : { pool: service.requestedPool }),
  };
  const again = ipam.reclaim(key, wish);
  if (again?.ok === true) return again;
  if (service.requestedPool === undefined) {
    const pinned = (pool: Pool): boolean => policy.pinned(pool) && allowed(pool);
    const outcome = ipam.allocate(key, { ...wish, eligible: pinned });
    if (outcome.ok) return outcome;
  }
  const general = (pool: Pool): boolean => !policy.pinned(pool) && allowed(pool);
  const outcome = ipam.allocate(
    key,
    service.requestedPool === undefined ? { ...wish, eligible: general } : wish,
  );
  return outcome.ok ? outcome : whyNone(draft, wish, outcome.reason);
}

function refused(draft: Draft, { reason, why }: WhyNot): Decision {
  const message = `Failed to allocate IP for "${draft.key}": ${why}`;
  draft.events.push(warning('AllocationFailed', message));
  const { ipam, key, events } = draft;
  const addresses = ipam.allocationOf(key)?.addresses ?? [];
  return { ipam, addresses, events, verdict: denied(reason, why), waits: true };
}

/** What it holds stays; `lack` says what it would like in addition. */
function decided({ ipam, key, events }: Draft, lack?: string): Decision {
  const { addresses = [], pool = '' } = ipam.allocationOf(key) ?? {};
  const has = `${addresses.join(', ')} of pool ${pool}`;
  const message = lack === undefined ? has : `${has}; ${lack}`;
  const verdict = { status: 'True', reason: 'Assigned', message } as const;
  return { ipam, addresses, events, verdict, waits: lack !== undefined };
}

/** Nothing is left to it; it waits where there is something to be said. */
function cleared(
  ipam: Ipam,
  key: string,
  verdict: Verdict | undefined,
  events: readonly ServiceEvent[] = [],
): Decision {
  const waits = verdict !== undefined;
  return { ipam: ipam.release(key), addresses: [], events, verdict, waits };
}

function denied(reason: string, message: string): Verdict {
  return { status: 'False', reason, message };
}

/** What a Service claims when it names addresses. */
export function claimOf({
  service,
  policy,
}: {
  readonly service: ServiceView;
  readonly policy: PoolPolicy;
}): Claim {
  return { sharing: sharingOf(service), eligible: (pool) => policy.allows(pool, service) };
}

/** The event that says what a Service was given. */
export function assigned(addresses: readonly string[]): ServiceEvent {
  const message = `Assigned IP ${quoted(addresses)}`;
  return { type: 'Normal', reason: 'IPAllocated', message };
}

function warning(reason: string, message: string): ServiceEvent {
  return { type: 'Warning', reason, message };
}

function quoted(addresses: readonly string[]): string {
  return `[${addresses.map((address) => `"${address}"`).join(' ')}]`;
}
