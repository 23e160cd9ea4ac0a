import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NDP_OPTION,
  NDP_TYPE,
  announcement,
  decodeClaim,
  encodeNeighborFrame,
  formatAddress,
  formatMac,
  multicastMac,
  probe,
  type NdpOption,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, ip, solicitation } from './frames.ts';

const V4 = '192.0.2.10';
const V6 = 'fc00:f853:ccd:e799::1';

/** `192.0.2.10 at 02:00:00:00:00:01`, with a `?` where it is only asked for, or the reason why nothing is claimed. */
function claimOf(frame: Uint8Array): string {
  const claim = decodeClaim(frame);
  if (typeof claim === 'string') return claim;
  return `${formatAddress(claim.address)} at ${formatMac(claim.mac)}${claim.tentative ? '?' : ''}`;
}

/** "192.0.2.10 is at 02:00:00:00:00:99", to us. */
const REPLY = hex(
  '020000000001 020000000099 0806' + // Ethernet: to us, from the sender, ARP
    '0001 0800 06 04 0002' + // Ethernet, IPv4, lengths, reply
    '020000000099 c000020a' + // sender: who has the address
    '020000000001 00000000', // target: us, who asked with 0.0.0.0
);

function advertisement(options: NdpOption[]): Uint8Array {
  return encodeNeighborFrame({
    destinationMac: multicastMac(ip('ff02::1')),
    sourceMac: ASKER_MAC,
    source: ip(V6),
    destination: ip('ff02::1'),
    message: {
      type: NDP_TYPE.NEIGHBOR_ADVERTISEMENT,
      router: false,
      solicited: false,
      override: true,
      target: ip(V6),
      options,
    },
  });
}

describe('a claim', () => {
  test('is what the sender of an ARP packet says of itself, in a reply or a request', () => {
    expect(claimOf(REPLY)).toBe(`${V4} at 02:00:00:00:00:99`);
    expect(claimOf(arpRequest('192.0.2.1', { senderIp: V4 }))).toBe(`${V4} at 02:00:00:00:00:99`);
    expect(claimOf(arpRequest(V4, { senderIp: V4 }))).toBe(`${V4} at 02:00:00:00:00:99`);
  });

  test('names the hardware address in the packet, not that of the frame, which a bridge may have changed', () => {
    const frame = arpRequest('192.0.2.1', {
      senderIp: V4,
      source: '0200000000aa',
      sender: '0200000000bb',
    });
    expect(claimOf(frame)).toBe(`${V4} at 02:00:00:00:00:bb`);
  });

  test('is what a neighbour advertisement says of its target; without an option of that kind the frame says where', () => {
    const data = hex('0200000000bb');
    const stated = { type: NDP_OPTION.TARGET_LINK_LAYER_ADDRESS, data };
    expect(claimOf(advertisement([stated]))).toBe(`${V6} at 02:00:00:00:00:bb`);
    expect(claimOf(advertisement([]))).toBe(`${V6} at 02:00:00:00:00:99`);
    expect(claimOf(advertisement([{ ...stated, data: hex('0300000000bb') }]))).toBe(
      `${V6} at 02:00:00:00:00:99`,
    );
  });

  test('is tentative in a probe: an ARP request from 0.0.0.0, a solicitation from ::', () => {
    expect(claimOf(arpRequest(V4, { senderIp: '0.0.0.0' }))).toBe(`${V4} at 02:00:00:00:00:99?`);
    expect(claimOf(solicitation(V6, { source: '::', options: [] }))).toBe(
      `${V6} at 02:00:00:00:00:99?`,
    );
    for (const address of [V4, V6]) {
      expect(claimOf(probe(ip(address), OUR_MAC))).toBe(`${address} at 02:00:00:00:00:01?`);
    }
  });

  test('is in every frame that announces an address', () => {
    for (const address of [V4, V6]) {
      for (const frame of announcement(ip(address), OUR_MAC)) {
        expect(claimOf(frame)).toBe(`${address} at 02:00:00:00:00:01`);
      }
    }
  });

  const anonymous = Uint8Array.from(REPLY);
  anonymous.fill(0, 28, 32);
  const odd = Uint8Array.from(REPLY);
  odd[21] = 8;
  const fromGroup = Uint8Array.from(REPLY);
  fromGroup[22] = 3;
  test.each([
    ['a plain solicitation claims nothing', solicitation(V6), 'no-claim'],
    ['a reply of nobody claims nothing', anonymous, 'no-claim'],
    ['an operation that is neither request nor reply', odd, 'no-claim'],
    ['a frame from a group', arpRequest(V4, { source: '030000000099' }), 'multicast-source'],
    ['a sender that is a group', fromGroup, 'multicast-source'],
    [
      'a frame with a VLAN tag',
      hex(`ffffffffffff 020000000099 8100 0007 0806 ${'00'.repeat(28)}`),
      'vlan-tagged',
    ],
    ['an IPv4 packet', hex('ffffffffffff 020000000099 0800 45'), 'other-ethertype'],
  ])('%s', (_, frame, reason) => {
    expect(claimOf(frame)).toBe(reason);
  });

  test('is in no frame that is cut off, at any place', () => {
    for (const frame of [
      REPLY,
      advertisement([]),
      solicitation(V6, { source: '::', options: [] }),
    ]) {
      for (let length = 0; length < frame.length; length++) {
        expect(decodeClaim(frame.subarray(0, length))).toBeTypeOf('string');
      }
    }
  });

  test('is read from arbitrary bytes without throwing', () => {
    const types = fc.constantFrom([0x08, 0x06], [0x86, 0xdd], [0x81, 0x00], [0, 4]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), types, (bytes, type) => {
        if (bytes.length >= 14) bytes.set(type, 12);
        const claim = decodeClaim(bytes);
        expect(typeof claim === 'string' || claim.mac.length === 6).toBe(true);
      }),
    );
  });
});

describe('a probe', () => {
  test('for IPv4 is a broadcast ARP request from 0.0.0.0 with no target hardware address', () => {
    expect(probe(ip(V4), OUR_MAC)).toEqual(
      hex(
        'ffffffffffff 020000000001 0806' + // Ethernet: broadcast, from us, ARP
          '0001 0800 06 04 0001' + // Ethernet, IPv4, lengths, request
          '020000000001 00000000' + // sender: us, without an address
          '000000000000 c000020a', // target: the address asked for
      ),
    );
  });

  test('for IPv6 is a solicitation from :: to the solicited-node group, without options', () => {
    expect(probe(ip(V6), OUR_MAC)).toEqual(
      hex(
        '3333ff000001 020000000001 86dd' + // Ethernet: the group’s address, from us, IPv6
          '60000000 0018 3a ff' + // version 6, 24 bytes of payload, ICMPv6, hop limit 255
          '00000000000000000000000000000000' + // source ::
          'ff0200000000000000000001ff000001' + // destination: the group
          '87 00 91ea 00000000' + // neighbour solicitation, code 0, checksum
          'fc00f8530ccde7990000000000000001', // target
      ),
    );
  });
});
