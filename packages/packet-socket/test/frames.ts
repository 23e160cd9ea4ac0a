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

/** A broadcast ARP reply: `sender` is at 02:00:00:00:00:99. */
export function arpReply(sender: Uint8Array): Uint8Array {
  const frame = arpRequest(sender);
  frame[21] = 2;
  frame.set(sender, 28);
  return frame;
}

/** A neighbour advertisement for `target` to all nodes; the checksum is left 0. */
export function advertisement(target: Uint8Array): Uint8Array {
  const frame = solicitation(target);
  frame.set(hex('333300000001'));
  frame.set(hex('ff020000000000000000000000000001'), 38);
  frame.set(hex('8800 0000 20000000'), 54); // neighbour advertisement, code 0, override
  frame[78] = 2; // target link-layer address
  return frame;
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

/** An ICMP echo request to `target` from 192.0.2.99, in a frame to 02:00:00:00:00:01; its checksums are left 0. */
export function ping(target: Uint8Array): Uint8Array {
  return Uint8Array.from([
    ...hex(`020000000001 ${SENDER} 0800`),
    ...hex('45 00 001c 0000 4000 40 01 0000 c0000263'), // 28 bytes, whole, 64 hops, ICMP, from 192.0.2.99
    ...target,
    ...hex('08 00 0000 0001 0001'), // echo request, code 0
  ]);
}

/** An ICMPv6 echo request to `target` from 2001:db8::99, in a frame to 02:00:00:00:00:01; the checksum is left 0. */
export function ping6(target: Uint8Array): Uint8Array {
  return Uint8Array.from([
    ...hex(`020000000001 ${SENDER} 86dd`),
    ...hex('60000000 0008 3a 3f 20010db8000000000000000000000099'), // 8 bytes, ICMPv6, 63 hops
    ...target,
    ...hex('80 00 0000 0001 0001'), // echo request, code 0
  ]);
}

/** The same frame with an 802.1Q tag. */
export function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  const tag = [0x81, 0x00, vlan >> 8, vlan & 0xff];
  return Uint8Array.from([...frame.subarray(0, 12), ...tag, ...frame.subarray(12)]);
}
