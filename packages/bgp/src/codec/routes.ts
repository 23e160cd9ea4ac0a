import type { Family } from './family.ts';
import type { UpdateMessage } from './messages.ts';
import type { NextHop, Prefix } from './path-attribute.ts';

/** Reachable routes of one family. */
export interface AnnouncedRoutes {
  readonly family: Family;
  readonly nextHop: NextHop;
  readonly prefixes: readonly Prefix[];
}

/** Routes of one family that are gone. */
export interface WithdrawnRoutes {
  readonly family: Family;
  readonly prefixes: readonly Prefix[];
}

/** The routes of an UPDATE, wherever in it they stand. A prefix in both lists is announced (RFC 4271 §4.3): take the withdrawn ones first. */
export function routesOf(update: UpdateMessage): {
  readonly withdrawn: readonly WithdrawnRoutes[];
  readonly announced: readonly AnnouncedRoutes[];
} {
  const withdrawn: WithdrawnRoutes[] = [];
  const announced: AnnouncedRoutes[] = [];
  if (update.withdrawn.length > 0) {
    withdrawn.push({ family: 'ipv4-unicast', prefixes: update.withdrawn });
  }
  for (const attribute of update.attributes) {
    if (attribute.type === 'MP_UNREACH_NLRI' && attribute.withdrawn.length > 0) {
      withdrawn.push({ family: attribute.family, prefixes: attribute.withdrawn });
    } else if (attribute.type === 'MP_REACH_NLRI' && attribute.nlri.length > 0) {
      const { family, nextHop, nlri } = attribute;
      announced.push({ family, nextHop, prefixes: nlri });
    } else if (attribute.type === 'NEXT_HOP' && update.nlri.length > 0) {
      const { address } = attribute;
      announced.push({ family: 'ipv4-unicast', nextHop: { address }, prefixes: update.nlri });
    }
  }
  return { withdrawn, announced };
}

/** The UPDATE that says that all routes of a family have been sent once (RFC 4724 §2). */
export function endOfRib(family: Family): UpdateMessage {
  const attributes =
    family === 'ipv4-unicast' ? [] : [{ type: 'MP_UNREACH_NLRI', family, withdrawn: [] } as const];
  return { type: 'UPDATE', withdrawn: [], attributes, nlri: [] };
}
