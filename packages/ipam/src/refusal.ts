import type { AddressProblem, Family } from './address.ts';

/** Which families an owner wants. `prefer-dual`: both where one pool has them, else the one it can get. */
export type Families = Family | 'dual' | 'prefer-dual';

/** Why nothing was given: plain data, to be matched on `code` or turned into a sentence by `explainRefusal`. */
export type Refusal =
  | { readonly code: 'no-pools' }
  | { readonly code: 'pool-unknown'; readonly pool: string }
  | { readonly code: 'auto-assign-off'; readonly pools: readonly string[] }
  | { readonly code: 'no-eligible-pool' }
  | {
      readonly code: 'family-missing';
      readonly pools: readonly string[];
      readonly families: Families;
    }
  | { readonly code: 'pool-full'; readonly pools: readonly string[]; readonly families: Families }
  | { readonly code: 'invalid-address'; readonly problem: AddressProblem }
  | { readonly code: 'no-address' }
  | { readonly code: 'too-many-addresses'; readonly addresses: readonly string[] }
  | { readonly code: 'same-family'; readonly addresses: readonly string[] }
  | { readonly code: 'not-in-any-pool'; readonly address: string }
  | { readonly code: 'address-avoided'; readonly address: string; readonly pool: string }
  | {
      readonly code: 'different-pools';
      readonly addresses: readonly string[];
      readonly pools: readonly string[];
    }
  | { readonly code: 'pool-not-allowed'; readonly pool: string }
  | {
      readonly code: 'address-in-use';
      readonly address: string;
      readonly owners: readonly string[];
    }
  | {
      readonly code: 'sharing-conflict';
      readonly address: string;
      readonly owners: readonly string[];
      /** What differs: the sharing key, or what the traffic goes to. */
      readonly differs: 'key' | 'backend';
    }
  | {
      readonly code: 'port-in-use';
      readonly address: string;
      readonly port: string;
      readonly owner: string;
    }
  | { readonly code: 'nothing-held'; readonly owner: string };

/**
 * Why a pool is not open to an owner, as the end of a sentence that begins with the pool's name, such as `is not for namespace "shop"`. Whoever made the pools
 * `eligible` knows; `undefined`: it does not.
 */
export type Objection = (pool: string) => string | undefined;

/** A refusal as one English sentence without a full stop, that says what is the matter and, where one exists, the fix. */
export function explainRefusal(reason: Refusal, objection?: Objection): string {
  const explain = EXPLANATIONS[reason.code] as (reason: Refusal, objection?: Objection) => string;
  return explain(reason, objection);
}

type Explanations = {
  readonly [C in Refusal['code']]: (
    reason: Extract<Refusal, { code: C }>,
    objection?: Objection,
  ) => string;
};

const EXPLANATIONS: Explanations = {
  'no-pools': () => 'no address pool is defined',
  'pool-unknown': ({ pool }) => `unknown pool "${pool}"`,
  'auto-assign-off': ({ pools }) =>
    `no available IPs: ${poolList(pools)} gives addresses only on request (autoAssign is false)`,
  'no-eligible-pool': () => 'no available IPs: no pool is open to this service',
  'family-missing': ({ pools, families }) =>
    `no available IPs: ${poolList(pools)} has no ${FAMILY_NAMES[families]} addresses`,
  'pool-full': ({ pools, families }) =>
    `no available IPs: ${poolList(pools)} has no free ${FAMILY_NAMES[families]} address`,
  'invalid-address': ({ problem }) => problem.message,
  'no-address': () => 'no address was asked for',
  'too-many-addresses': ({ addresses }) =>
    `more than two addresses ${quoted(addresses)}: ask for one, or for one of each family`,
  'same-family': ({ addresses }) =>
    `${quoted(addresses)} are of the same family: ask for one of each`,
  'not-in-any-pool': ({ address }) => `["${address}"] is not allowed in config: no pool has it`,
  'address-avoided': ({ address, pool }) =>
    `["${address}"] is not allowed in config: pool "${pool}" leaves out .0 and .255 (avoidBuggyIPs)`,
  'different-pools': ({ addresses, pools }) =>
    `${quoted(addresses)} is not allowed in config: the addresses are in different pools (${pools.join(', ')})`,
  'pool-not-allowed': ({ pool }, objection) =>
    `pool ${pool} not compatible for ip assignment: it ${objection?.(pool) ?? 'is not open to this service'}`,
  'address-in-use': ({ address, owners }) => `"${address}" is already in use by ${someOf(owners)}`,
  'sharing-conflict': ({ address, owners, differs }) =>
    differs === 'key'
      ? `can't change sharing key: "${address}" is shared under another key, by ${someOf(owners)}`
      : `can't share "${address}": the backends differ from those of ${someOf(owners)}`,
  'port-in-use': ({ address, port, owner }) =>
    `port ${port} is already in use on "${address}" by ${owner}`,
  'nothing-held': ({ owner }) => `"${owner}" holds no address`,
};

/** Families in words. */
export const FAMILY_NAMES: Readonly<Record<Families, string>> = {
  ipv4: 'IPv4',
  ipv6: 'IPv6',
  dual: 'IPv4 and IPv6',
  'prefer-dual': 'IPv4 or IPv6',
};

/** An address may have as many holders as there are ports; a message names the first few. */
const OWNERS_NAMED_MAX = 5;

function someOf(owners: readonly string[]): string {
  const named = owners.slice(0, OWNERS_NAMED_MAX).join(',');
  const rest = owners.length - OWNERS_NAMED_MAX;
  return rest > 0 ? `${named} and ${rest} more` : named;
}

function poolList(pools: readonly string[]): string {
  return pools.length === 1 ? `pool ${pools[0]}` : `each of the pools ${pools.join(', ')}`;
}

function quoted(addresses: readonly string[]): string {
  return `[${addresses.map((address) => `"${address}"`).join(' ')}]`;
}
