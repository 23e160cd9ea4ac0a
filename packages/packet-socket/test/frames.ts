/** Bytes of hexadecimal text; blanks are only for reading. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/[\s:]/g, ''), 'hex'));
}

/** 4 bytes of `192.0.2.1`. */
export function ipv4(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}

/** 2001:db8::/64 with the last 32 bits `low`. */
export function ipv6(low: number): Uint8Array {
  const bytes = hex('20010db8 00000000 00000000 00000000');
  new DataView(bytes.buffer).setUint32(12, low);
  return bytes;
}

const SENDER = '020000000099';

/** A broadcast ARP request for `target` from 192.0.2.99, as short as it can be. */
export function arpRequest(target: Uint8Array): Uint8Array {
  return Uint8Array.from([
    ...hex(`ffffffffffff ${SENDER} 0806`), // Ethernet
    ...hex('0001 0800 06 04 0001'), // Ethernet, IPv4, lengths, request
    ...hex(`${SENDER} c0000263 000000000000`), // sender, no target hardware address
    ...target,
  ]);
}

/** A neighbour solicitation for `target` from fe80::99 to its group; the checksum is left 0, the kernel's filter does not look. */
export function solicitation(target: Uint8Array): Uint8Array {
  const low = target.subarray(13);
  return Uint8Array.from([
    ...hex('3333ff'),
    ...low,
    ...hex(`${SENDER} 86dd`), // Ethernet: the group's address
    ...hex('60000000 0020 3a ff'), // IPv6: 32 bytes, ICMPv6, hop limit 255
    ...hex('fe800000000000000000000000000099'),
    ...hex('ff0200000000000000000001ff'),
    ...low,
    ...hex('87 00 0000 00000000'), // neighbour solicitation, code 0
    ...target,
    ...hex(`01 01 ${SENDER}`), // source link-layer address
  ]);
}

/** The same frame with an 802.1Q tag. */
export function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  const tag = [0x81, 0x00, vlan >> 8, vlan & 0xff];
  return Uint8Array.from([...frame.subarray(0, 12), ...tag, ...frame.subarray(12)]);
}
