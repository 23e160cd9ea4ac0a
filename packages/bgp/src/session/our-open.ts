import type { Capability } from '../codec/capability.ts';
import { afiSafiOf, AFI } from '../codec/family.ts';
import { twoOctetAs } from '../codec/asn.ts';
import type { OpenMessage } from '../codec/messages.ts';
import type { SessionSettings } from './session-options.ts';

/** The OPEN that we send. `restarting`: we have restarted, and may be waited for (RFC 4724 §3). */
export function openOf(settings: SessionSettings, restarting: boolean): OpenMessage {
  const { localAsn, holdTimeS, identifier } = settings;
  return {
    type: 'OPEN',
    myAs: twoOctetAs(localAsn),
    holdTimeS,
    bgpIdentifier: identifier,
    capabilities: capabilitiesOf(settings, restarting),
  };
}

function capabilitiesOf(settings: SessionSettings, restarting: boolean): Capability[] {
  const { families, extendedNextHop, localAsn, gracefulRestart } = settings;
  const capabilities: Capability[] = families.map((family) => ({
    type: 'MULTIPROTOCOL',
    ...afiSafiOf(family),
  }));
  capabilities.push({ type: 'ROUTE_REFRESH' });
  if (extendedNextHop && families.includes('ipv4-unicast')) {
    const tuple = { ...afiSafiOf('ipv4-unicast'), nextHopAfi: AFI.IPV6 };
    capabilities.push({ type: 'EXTENDED_NEXT_HOP', tuples: [tuple] });
  }
  capabilities.push({ type: 'EXTENDED_MESSAGE' });
  if (gracefulRestart !== undefined) {
    const { restartTimeS, forwarding } = gracefulRestart;
    capabilities.push({
      type: 'GRACEFUL_RESTART',
      restarting,
      notification: true,
      restartTimeS,
      families: forwarding.map((family) => Object.assign(afiSafiOf(family), { forwarding: true })),
    });
  }
  capabilities.push({ type: 'FOUR_OCTET_AS', asn: localAsn });
  capabilities.push({ type: 'ENHANCED_ROUTE_REFRESH' });
  return capabilities;
}
