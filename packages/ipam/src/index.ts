/**
 * Pools of IP addresses as immutable values: allocate the least free address, request one, share one by key and port, release it, and say
 * in one sentence why something was refused. IPv4 and IPv6 alike, in CIDRs and ranges of any size; knows nothing of Kubernetes.
 *
 * @packageDocumentation
 */
export {
  formatAddress,
  parseAddress,
  type Address,
  type AddressProblem,
  type AddressProblemCode,
  type Family,
} from './address.ts';
export {
  parseRange,
  type AddressRange,
  type ParsedRange,
  type RangeProblem,
  type RangeProblemCode,
} from './range.ts';
export {
  comparePools,
  createPool,
  findOverlap,
  type Pool,
  type PoolProblem,
  type PoolResult,
  type PoolSpec,
} from './pool.ts';
export type { AddressSpace } from './address-space.ts';
export type { Sharing } from './sharing.ts';
export { explainRefusal, type Families, type Objection, type Refusal } from './refusal.ts';
export { explainVerdict, type PoolVerdict, type SharingObstacle } from './pool-verdict.ts';
export type {
  Allocation,
  Claim,
  FamilyUsage,
  KnownHolder,
  RefusedHolder,
  Wish,
} from './allocation.ts';
export { Ipam, type Outcome } from './ipam.ts';
