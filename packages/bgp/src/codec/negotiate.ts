import { asnOf } from './asn.ts';
import type { Capability, GracefulRestartCapability } from './capability.ts';
import { AFI, FAMILIES, SAFI, afiSafiOf, type Family } from './family.ts';
import { EXTENDED_MESSAGE_LENGTH_MAX, MESSAGE_LENGTH_MAX, type OpenMessage } from './messages.ts';
import type { Negotiated } from './negotiated.ts';

/** What both OPENs agree on: `sent` is ours, `received` the peer's. */
export function negotiate(sent: OpenMessage, received: OpenMessage): Negotiated {
  const both = (test: (open: OpenMessage) => boolean): boolean => test(sent) && test(received);
  const says = (type: Capability['type']) => (open: OpenMessage) => has(open, type);
  const ours = restartOf(sent);
  const theirs = restartOf(received);
  const lengthMax = (open: OpenMessage): number =>
    has(open, 'EXTENDED_MESSAGE') ? EXTENDED_MESSAGE_LENGTH_MAX : MESSAGE_LENGTH_MAX;
  return {
    external: asnOf(sent) !== asnOf(received),
    fourOctetAs: both(says('FOUR_OCTET_AS')),
    families: FAMILIES.filter((family) => both((open) => offers(open, family))),
    extendedNextHop: both(offersExtendedNextHop),
    receiveLengthMax: lengthMax(sent),
    sendLengthMax: lengthMax(received),
    routeRefresh: both(says('ROUTE_REFRESH')),
    enhancedRouteRefresh: both(says('ENHANCED_ROUTE_REFRESH')),
    ...(ours !== undefined && theirs !== undefined && { gracefulRestart: theirs }),
    restartOnNotification: ours?.notification === true && theirs?.notification === true,
    peerAsn: asnOf(received),
    holdTimeS: Math.min(sent.holdTimeS, received.holdTimeS),
  };
}

function has(open: OpenMessage, type: Capability['type']): boolean {
  return open.capabilities.some((capability) => capability.type === type);
}

/** Of several, the last counts (RFC 4724 §3). */
function restartOf(open: OpenMessage): GracefulRestartCapability | undefined {
  return open.capabilities.findLast((one) => one.type === 'GRACEFUL_RESTART');
}

/** Who says nothing of any family means IPv4 unicast: RFC 4271 knows no other. */
function offers(open: OpenMessage, family: Family): boolean {
  if (!has(open, 'MULTIPROTOCOL')) return family === 'ipv4-unicast';
  const { afi, safi } = afiSafiOf(family);
  return open.capabilities.some(
    (one) => one.type === 'MULTIPROTOCOL' && one.afi === afi && one.safi === safi,
  );
}

function offersExtendedNextHop({ capabilities }: OpenMessage): boolean {
  return capabilities.some(
    (one) =>
      one.type === 'EXTENDED_NEXT_HOP' &&
      one.tuples.some(
        ({ afi, safi, nextHopAfi }) =>
          afi === AFI.IPV4 && safi === SAFI.UNICAST && nextHopAfi === AFI.IPV6,
      ),
  );
}
