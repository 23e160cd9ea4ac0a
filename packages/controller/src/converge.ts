import {
  explainRefusal,
  type Claim,
  type Ipam,
  type Outcome,
  type Pool,
  type Refusal,
} from '@picluster/ipam';
import type { PoolPolicy } from './pool-policy.ts';
import { keyOfService, type ServiceView } from './service-view.ts';
import {
  requestedAddresses,
  sameAddresses,
  sharingOf,
  stackOf,
  type Stack,
} from './service-wish.ts';

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
  if (service.type !== 'LoadBalancer') return cleared(ipam, key, [], false);
  const { clusterIPs, ipFamilyPolicy } = service;
  if (clusterIPs.length === 0) return cleared(ipam, key, [], true);
  if (ipFamilyPolicy === 'RequireDualStack' && clusterIPs.length < 2) {
    const message = `Service requires dual stack but not enough clusterips [${clusterIPs.join(' ')}]`;
    return cleared(ipam, key, [warning('not enough clusterips', message)], true);
  }
  const stack = stackOf(clusterIPs);
  if (stack === undefined) {
    const message = `Failed to retrieve ClusterIPs IPFamily for [${clusterIPs.join(' ')}]: one address, or one of each family, is needed`;
    return {
      ipam,
      addresses: undefined,
      events: [warning('noclusterIPsIPFamily', message)],
      waits: true,
    };
  }
  const draft: Draft = { key, service, policy, stack, events: [], ipam };
  if (!keepCurrent(draft)) return { ipam, addresses: undefined, events: [], waits: true };
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
  const why = `current IP for "${key}" not allowed by config, will attempt for new IP assignment: ${explainRefusal(outcome.reason)}`;
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
    return decided(draft, false);
  }
  const outcome = addresses.length > 0 ? giveRequested(draft, addresses) : give(draft);
  if (typeof outcome === 'string') return refused(draft, outcome);
  if (!outcome.ok) return refused(draft, explainRefusal(outcome.reason));
  draft.ipam = outcome.next;
  draft.events.push({
    type: 'Normal',
    reason: 'IPAllocated',
    message: `Assigned IP ${quoted(outcome.addresses)}`,
  });
  return decided(draft, false);
}

/** A request that makes no sense takes nothing away. */
function badRequest(draft: Draft, problem: string): Decision {
  if (draft.ipam.allocationOf(draft.key) === undefined) return refused(draft, problem);
  draft.events.push(
    warning('LoadBalancerFailed', `invalid requested loadbalancer IPs: ${problem}`),
  );
  return decided(draft, true);
}

/** Adds the other family to a Service that would like both; it keeps the one that it has in any case. */
function extended(draft: Draft): Decision {
  const outcome = draft.ipam.extend(draft.key, sharingOf(draft.service));
  if (outcome.ok) {
    draft.ipam = outcome.next;
    const message = `Assigned additional IP "${outcome.addresses.at(-1)}"`;
    draft.events.push({ type: 'Normal', reason: 'IPAllocated', message });
    return decided(draft, false);
  }
  const message = `cannot assign additional IP in PreferDualStack: ${explainRefusal(outcome.reason)}`;
  draft.events.push({ type: 'Normal', reason: 'AdditionalAssignFailed', message });
  return decided(draft, true);
}

function giveRequested(draft: Draft, addresses: readonly string[]): Outcome | string {
  const { key, service, stack, ipam } = draft;
  if (stackOf(addresses) !== stack) {
    const wanted = {
      ipv4: 'an IPv4 address',
      ipv6: 'an IPv6 address',
      dual: 'one address of each family',
    };
    return `requested loadBalancer IP(s) ${quoted(addresses)} does not match the ipFamily of the service: ask for ${wanted[stack]}`;
  }
  const outcome = ipam.request(key, addresses, claimOf(draft));
  const { requestedPool } = service;
  if (outcome.ok && requestedPool !== undefined && outcome.pool !== requestedPool) {
    return `requested loadBalancer IP(s) ${quoted(addresses)} is not compatible with requested address pool ${requestedPool}: pool ${outcome.pool} has it`;
  }
  return outcome;
}

/** From the pool that is named, else from the first that can: first the pools that say whom they are for, then the others. */
function give(draft: Draft): Outcome {
  const { key, service, policy, stack, ipam } = draft;
  const families =
    stack === 'dual' && service.ipFamilyPolicy === 'PreferDualStack' ? 'prefer-dual' : stack;
  const wish = {
    families,
    preferred: service.preferredFamily,
    sharing: sharingOf(service),
  } as const;
  const allowed = (pool: Pool): boolean => policy.allows(pool, service);
  if (service.requestedPool !== undefined) {
    return ipam.allocate(key, { ...wish, pool: service.requestedPool, eligible: allowed });
  }
  const pinned = ipam.allocate(key, {
    ...wish,
    eligible: (pool) => policy.pinned(pool) && allowed(pool),
  });
  if (pinned.ok) return pinned;
  const general = ipam.allocate(key, {
    ...wish,
    eligible: (pool) => !policy.pinned(pool) && allowed(pool),
  });
  return general.ok ? general : { ok: false, reason: weightier(pinned.reason, general.reason) };
}

/** Of two refusals the one that says more: a pool that is full over no pool at all. */
function weightier(pinned: Refusal, general: Refusal): Refusal {
  return general.code === 'no-eligible-pool' ? pinned : general;
}

function refused(draft: Draft, why: string): Decision {
  draft.events.push(
    warning('AllocationFailed', `Failed to allocate IP for "${draft.key}": ${why}`),
  );
  return decided(draft, true);
}

function decided({ ipam, key, events }: Draft, waits: boolean): Decision {
  return { ipam, addresses: ipam.allocationOf(key)?.addresses ?? [], events, waits };
}

function cleared(
  ipam: Ipam,
  key: string,
  events: readonly ServiceEvent[],
  waits: boolean,
): Decision {
  return { ipam: ipam.release(key), addresses: [], events, waits };
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

function warning(reason: string, message: string): ServiceEvent {
  return { type: 'Warning', reason, message };
}

function quoted(addresses: readonly string[]): string {
  return `[${addresses.map((address) => `"${address}"`).join(' ')}]`;
}
