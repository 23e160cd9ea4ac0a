import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NDP_OPTION,
  decodeNeighborFrame,
  encodeIcmpv6,
  formatAddress,
  formatMac,
  respond,
  type AnswerRights,
  type DropReason,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, ip, solicitation, toHex } from './frames.ts';

const V4 = '192.0.2.10';
const V6 = 'fc00:f853:ccd:e799::1';
const rights: AnswerRights = {
  check: (frame, offset, length) => {
    const asked = formatAddress(frame.subarray(offset, offset + length));
    if (asked === '192.0.2.66') return 'right-ended';
    return asked === V4 || asked === V6 ? 'granted' : 'not-owned';
  },
};
const answer = (frame: Uint8Array): string => {
  const result = respond(frame, OUR_MAC, rights);
  return typeof result === 'string' ? result : toHex(result);
};
function advertisement(frame: Uint8Array): Exclude<ReturnType<typeof decodeNeighborFrame>, string> {
  const read = decodeNeighborFrame(hex(answer(frame)));
  if (typeof read === 'string') throw new Error(read);
  return read;
}

describe('ARP', () => {
  test('a broadcast request is answered to its sender, in the frame and in the packet', () => {
    expect(answer(arpRequest(V4))).toBe(
      '020000000099' + // Ethernet destination: the asker
        '020000000001' + // Ethernet source: us
        '0806' +
        '0001 0800 06 04 0002'.replaceAll(' ', '') + // reply
        '020000000001 c000020a'.replaceAll(' ', '') + // sender: us, the address asked for
        '020000000099 c0000263'.replaceAll(' ', ''), // target: the asker
    );
  });

  test('a request sent to our own hardware address is answered', () => {
    expect(answer(arpRequest(V4, { destination: toHex(OUR_MAC) }))).toMatch(/^020000000099/);
  });

  test('a probe without a sender address is answered', () => {
    expect(answer(arpRequest(V4, { senderIp: '0.0.0.0' }))).toMatch(/02000000009900000000$/);
  });

  test('where the payload names another sender than the frame, the frame goes back the way it came', () => {
    const reply = answer(arpRequest(V4, { source: '0200000000aa', sender: '0200000000bb' }));
    expect(reply.slice(0, 12)).toBe('0200000000aa');
    expect(reply.slice(64, 76)).toBe('0200000000bb');
  });

  test('padding behind a request changes nothing', () => {
    expect(answer(Uint8Array.of(...arpRequest(V4), ...new Uint8Array(18)))).toBe(
      answer(arpRequest(V4)),
    );
  });

  const reply = arpRequest(V4);
  reply[21] = 2;
  const otherProtocol = arpRequest(V4);
  otherProtocol[16] = 0x86;
  const tagged = hex(`ffffffffffff020000000099 81000007 ${toHex(arpRequest(V4).subarray(12))}`);
  test.each<[DropReason, string, Uint8Array]>([
    [
      'other-destination',
      'a request sent to the hardware address of another',
      arpRequest(V4, { destination: '0200000000cc' }),
    ],
    ['not-owned', 'a request for the address of another', arpRequest('192.0.2.11')],
    ['right-ended', 'a request for an address whose right has ended', arpRequest('192.0.2.66')],
    ['arp-not-request', 'a reply', reply],
    ['arp-not-ethernet-ipv4', 'a request of another protocol', otherProtocol],
    ['vlan-tagged', 'a request on another VLAN', tagged],
    [
      'multicast-source',
      'a request that comes from a group',
      arpRequest(V4, { source: '030000000099' }),
    ],
    [
      'own-frame',
      'a request of our own that a loop in the network brought back',
      arpRequest(V4, { source: toHex(OUR_MAC) }),
    ],
    ['other-ethertype', 'an IPv4 packet', hex('ffffffffffff 020000000099 0800 45')],
  ])('%s: %s gets no answer', (reason, _what, frame) => {
    expect(answer(frame)).toBe(reason);
  });

  test('a request cut anywhere is truncated', () => {
    for (let length = 0; length < 42; length++)
      expect(answer(arpRequest(V4).subarray(0, length))).toBe('truncated');
  });

  test('the given buffer is used again and nothing of the last reply stays in it', () => {
    const buffer = respond(
      arpRequest(V4, { source: 'fefefefefefe', senderIp: '255.255.255.255' }),
      OUR_MAC,
      rights,
    ) as Uint8Array;
    expect(respond(arpRequest(V4), OUR_MAC, rights, buffer)).toBe(buffer);
    expect(toHex(buffer)).toBe(answer(arpRequest(V4)));
  });
});

describe('NDP', () => {
  test('a solicitation is answered from the target, solicited, overriding, with our hardware address', () => {
    const frame = solicitation(V6);
    const bytes = answer(frame);
    expect(bytes.slice(0, 28)).toBe('02000000009902000000000186dd');
    const icmp = bytes.slice(108);
    expect(icmp.slice(0, 4) + '0000' + icmp.slice(8)).toBe(
      '8800000060000000fc00f8530ccde79900000000000000010201020000000001',
    );
    const read = advertisement(frame);
    expect(formatAddress(read.source)).toBe(V6);
    expect(formatAddress(read.destination)).toBe('fe80::99');
  });

  test('one without a source link-layer option is answered to where the frame came from', () => {
    expect(formatMac(advertisement(solicitation(V6, { options: [] })).destinationMac)).toBe(
      formatMac(ASKER_MAC),
    );
  });

  test('the source link-layer option, where there is one, says where the answer goes', () => {
    const options = [{ type: NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS, data: hex('0200000000aa') }];
    expect(toHex(advertisement(solicitation(V6, { options })).destinationMac)).toBe('0200000000aa');
  });

  test('a source link-layer option that names a group does not turn the answer into a multicast', () => {
    const options = [{ type: NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS, data: hex('ffffffffffff') }];
    expect(advertisement(solicitation(V6, { options })).destinationMac).toEqual(ASKER_MAC);
  });

  test('unknown options do not hinder an answer', () => {
    const options = [{ type: 14, data: hex('0102030405060708090a0b0c0d0e') }];
    expect(advertisement(solicitation(V6, { options })).message.target).toEqual(ip(V6));
  });

  test('a unicast solicitation to our hardware address is answered', () => {
    const frame = solicitation(V6, { destination: V6, destinationMac: OUR_MAC });
    expect(advertisement(frame).message).toMatchObject({ solicited: true });
  });

  test('a duplicate address probe is answered to all nodes, unsolicited', () => {
    const read = advertisement(solicitation(V6, { source: '::', options: [] }));
    expect(formatMac(read.destinationMac)).toBe('33:33:00:00:00:01');
    expect(formatAddress(read.destination)).toBe('ff02::1');
    expect(read.message).toMatchObject({ solicited: false, override: true });
  });

  /** The same frame with one byte of its ICMPv6 message changed and the checksum made right again. */
  function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
    const copy = Uint8Array.from(frame);
    copy[54 + at] = value;
    const ends = { source: copy.subarray(22, 38), destination: copy.subarray(38, 54) };
    const [type, code] = copy.subarray(54);
    copy.set(encodeIcmpv6({ type: type ?? 0, code: code ?? 0, body: copy.subarray(58) }, ends), 54);
    return copy;
  }
  const hopLimit = solicitation(V6);
  hopLimit[21] = 254;
  const checksum = solicitation(V6);
  checksum[56] = (checksum[56] ?? 0) ^ 1;
  const tcp = solicitation(V6);
  tcp[20] = 6;
  const tagged = hex(
    `${toHex(solicitation(V6).subarray(0, 12))} 81000007 ${toHex(solicitation(V6).subarray(12))}`,
  );

  test.each<[DropReason, string, Uint8Array]>([
    ['hop-limit', 'a solicitation that a router forwarded', hopLimit],
    ['bad-checksum', 'a damaged one', checksum],
    ['bad-code', 'one with another code', changed(solicitation(V6), 1, 1)],
    ['multicast-target', 'one for a group', changed(solicitation(V6), 8, 0xff)],
    ['bad-option', 'one with an option of length zero', changed(solicitation(V6), 25, 0)],
    ['not-solicitation', 'an advertisement', changed(solicitation(V6), 0, 136)],
    ['not-neighbor-discovery', 'an echo request', changed(solicitation(V6), 0, 128)],
    ['not-icmpv6', 'a packet of TCP', tcp],
    ['multicast-source', 'one whose source is a group', solicitation(V6, { source: 'ff02::1' })],
    [
      'unspecified-source-with-link-layer-address',
      'a probe that names a hardware address',
      solicitation(V6, { source: '::' }),
    ],
    [
      'unspecified-source-to-unicast',
      'a probe to one machine',
      solicitation(V6, { source: '::', destination: V6, destinationMac: OUR_MAC, options: [] }),
    ],
    [
      'other-destination',
      'one to the hardware address of another',
      solicitation(V6, { destinationMac: hex('0200000000cc') }),
    ],
    ['not-owned', 'one for the address of another', solicitation('fc00:f853:ccd:e799::2')],
    ['vlan-tagged', 'one on another VLAN', tagged],
  ])('%s: %s gets no answer', (reason, _what, frame) => {
    expect(answer(frame)).toBe(reason);
  });

  test('a solicitation cut anywhere is truncated', () => {
    const frame = solicitation(V6);
    for (let length = 0; length < frame.length; length++)
      expect(answer(frame.subarray(0, length))).toBe('truncated');
  });

  test('an advertisement that claims to be solicited but goes to a group is refused', () => {
    const frame = solicitation(V6, { options: [] });
    const flags = changed(changed(frame, 0, 136), 4, 0x40);
    expect(decodeNeighborFrame(flags)).toBe('solicited-to-multicast');
  });
});

test('any bytes, also with a good beginning, give a reply or a reason and never throw', () => {
  const beginnings = [arpRequest(V4), solicitation(V6)];
  const anything = fc
    .tuple(fc.constantFrom(...beginnings), fc.nat(80), fc.uint8Array({ maxLength: 80 }))
    .map(([good, kept, rest]) => Uint8Array.of(...good.subarray(0, kept), ...rest));
  fc.assert(
    fc.property(anything, (frame) => {
      expect(['string', 'object']).toContain(typeof respond(frame, OUR_MAC, rights));
    }),
    { numRuns: 2000 },
  );
});
