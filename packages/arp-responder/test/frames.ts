import {
  NDP_OPTION,
  NDP_TYPE,
  encodeNeighborFrame,
  formatMac,
  multicastMac,
  parseAddress,
  solicitedNode,
  type NdpOption,
} from '../src/index.ts';

/** The machine that answers. */
export const OUR_MAC: Uint8Array = hex('020000000001');
/** The machine that asks. */
export const ASKER_MAC: Uint8Array = hex('020000000099');

/** Bytes from hexadecimal text; blanks may stand anywhere. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (two) =>
    Number.parseInt(two, 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return formatMac(bytes).replaceAll(':', '');
}

/** The bytes of an address that is known to be good. */
export function ip(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

/** "Who has `target`?", broadcast from 02:00:00:00:00:99 at 192.0.2.99. */
export function arpRequest(
  target: string,
  change: Partial<Record<'destination' | 'source' | 'sender' | 'senderIp', string>> = {},
): Uint8Array {
  const {
    destination = 'ffffffffffff',
    source = toHex(ASKER_MAC),
    sender = source,
    senderIp = '192.0.2.99',
  } = change;
  return hex(
    `${destination} ${source} 0806 0001 0800 06 04 0001` +
      `${sender} ${toHex(ip(senderIp))} 000000000000 ${toHex(ip(target))}`,
  );
}

/** A neighbour solicitation for `target` from fe80::99 to its solicited-node group. */
export function solicitation(
  target: string,
  change: {
    source?: string;
    destination?: string;
    destinationMac?: Uint8Array;
    options?: NdpOption[];
  } = {},
): Uint8Array {
  const wanted = ip(target);
  const destination =
    change.destination === undefined ? solicitedNode(wanted) : ip(change.destination);
  return encodeNeighborFrame({
    destinationMac: change.destinationMac ?? multicastMac(solicitedNode(wanted)),
    sourceMac: ASKER_MAC,
    source: ip(change.source ?? 'fe80::99'),
    destination,
    message: {
      type: NDP_TYPE.NEIGHBOR_SOLICITATION,
      target: wanted,
      options: change.options ?? [{ type: NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS, data: ASKER_MAC }],
    },
  });
}
