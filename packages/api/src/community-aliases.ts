import type { BGPProblem } from './bgp-problem.ts';
import type { CommunityAlias } from './community.ts';
import { parseCommunityValue, type CommunityValue } from './community-value.ts';

/** What has to be known of a Community. */
export interface CommunityFacts {
  readonly name: string;
  /** RFC 3339; of two that give one name, the older one counts. */
  readonly createdAt?: string;
  readonly aliases: readonly CommunityAlias[];
}

/** What the names of all Communities stand for, and names that are given twice. */
export interface CommunityAliases {
  readonly values: ReadonlyMap<string, CommunityValue>;
  readonly problems: readonly BGPProblem[];
}

/** Joins all Communities. A name that is given twice stands for what the older object says, so that an object that comes changes no route. */
export function communityAliases(communities: Iterable<CommunityFacts>): CommunityAliases {
  const age = ({ createdAt = '', name }: CommunityFacts): string => `${createdAt} ${name}`;
  const values = new Map<string, CommunityValue>();
  const problems: BGPProblem[] = [];
  for (const { name, aliases } of [...communities].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
    for (const alias of aliases) {
      const value = parseCommunityValue(alias.value);
      if (values.has(alias.name)) {
        const message = `duplicate definition of community "${alias.name}"`;
        problems.push({ kind: 'Community', name, code: 'community-duplicate', message });
      } else if (value !== undefined) values.set(alias.name, value);
    }
  }
  return { values, problems };
}
