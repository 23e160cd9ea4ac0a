// Whole messages, byte for byte, with a comment a field, and the values that they are.
import type { BgpMessage, DecodeOptions, EncodeOptions } from '../src/index.ts';
import { UNNEGOTIATED } from '../src/index.ts';
import { hex } from './bytes.ts';

/** One message in both forms. */
export interface Golden {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: BgpMessage;
  readonly options: DecodeOptions & EncodeOptions;
  readonly endOfRib?: string;
}

const MARKER = 'ff'.repeat(16);
const internal = { ...UNNEGOTIATED, external: false };
const twoOctets = { ...UNNEGOTIATED, fourOctetAs: false };

function golden(
  name: string,
  fields: readonly string[],
  message: BgpMessage,
  more: { readonly options?: Golden['options']; readonly endOfRib?: string } = {},
): Golden {
  return { name, bytes: hex(MARKER + fields.join('')), message, options: UNNEGOTIATED, ...more };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const GOLDEN: readonly Golden[] = [
  golden('KEEPALIVE', ['0013', '04'], { type: 'KEEPALIVE' }),
  golden(
    'OPEN without parameters',
    [
      '001d', // length 29
      '01', // OPEN
      '04', // version
      'fde8', // AS 65000
      '0000', // no hold time
      'c0000201', // 192.0.2.1
      '00', // no parameters
    ],
    {
      type: 'OPEN',
      myAs: 65_000,
      holdTimeS: 0,
      bgpIdentifier: '192.0.2.1',
      capabilities: [],
    },
  ),
  golden(
    'OPEN with every capability',
    [
      '004c', // length 76
      '01', // OPEN
      '04', // version
      '5ba0', // AS_TRANS
      '00b4', // 180 s
      '0a000001', // 10.0.0.1
      '2f', // 47 bytes of parameters
      '02', // capabilities
      '2d', // 45 bytes
      '01 04 0001 00 01', // multiprotocol: IPv4, reserved, unicast
      '01 04 0002 00 01', // multiprotocol: IPv6, reserved, unicast
      '02 00', // route refresh
      '05 06 0001 0001 0002', // extended next hop: IPv4 unicast over IPv6
      '06 00', // extended message
      '40 06', // graceful restart
      'c078', // R and N, 120 s
      '0001 01 80', // IPv4 unicast, forwarding
      '41 04 fa56ea00', // AS 4200000000
      '46 00', // enhanced route refresh
      'c8 03 020000', // what nobody knows: 200
    ],
    {
      type: 'OPEN',
      myAs: 23_456,
      holdTimeS: 180,
      bgpIdentifier: '10.0.0.1',
      capabilities: [
        { type: 'MULTIPROTOCOL', afi: 1, safi: 1 },
        { type: 'MULTIPROTOCOL', afi: 2, safi: 1 },
        { type: 'ROUTE_REFRESH' },
        { type: 'EXTENDED_NEXT_HOP', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
        { type: 'EXTENDED_MESSAGE' },
        {
          type: 'GRACEFUL_RESTART',
          restarting: true,
          notification: true,
          restartTimeS: 120,
          families: [{ afi: 1, safi: 1, forwarding: true }],
        },
        { type: 'FOUR_OCTET_AS', asn: 4_200_000_000 },
        { type: 'ENHANCED_ROUTE_REFRESH' },
        { type: 'UNKNOWN', code: 200, value: hex('020000') },
      ],
    },
  ),
  golden(
    'OPEN with more than 255 bytes of parameters (RFC 9072)',
    [
      '0122', // length 290
      '01', // OPEN
      '04', // version
      'fde8', // AS 65000
      '005a', // 90 s
      'c0000201', // 192.0.2.1
      'ff', // extended length follows
      'ff', // extended length
      '0102', // 258 bytes of parameters
      '02', // capabilities
      '00ff', // 255 bytes
      'c8 fd', // capability 200, 253 bytes
      '5a'.repeat(253),
    ],
    {
      type: 'OPEN',
      myAs: 65_000,
      holdTimeS: 90,
      bgpIdentifier: '192.0.2.1',
      capabilities: [{ type: 'UNKNOWN', code: 200, value: new Uint8Array(253).fill(0x5a) }],
    },
  ),
  golden(
    'UPDATE: the End-of-RIB of IPv4 unicast',
    ['0017', '02', '0000', '0000'],
    { type: 'UPDATE', withdrawn: [], attributes: [], nlri: [] },
    { endOfRib: 'ipv4-unicast' },
  ),
  golden(
    'UPDATE: the End-of-RIB of IPv6 unicast',
    [
      '001d', // length 29
      '02', // UPDATE
      '0000', // nothing withdrawn
      '0006', // 6 bytes of attributes
      '80 0f 03', // MP_UNREACH_NLRI
      '0002 01', // IPv6 unicast
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [{ type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: [] }],
      nlri: [],
    },
    { endOfRib: 'ipv6-unicast' },
  ),
  golden(
    'UPDATE: IPv4 routes of an internal peer with every attribute',
    [
      '00b3', // length 179
      '02', // UPDATE
      '0005', // 5 bytes withdrawn
      '20 c6336401', // 198.51.100.1/32
      '008b', // 139 bytes of attributes
      '40 01 01 02', // ORIGIN INCOMPLETE
      '40 02 18', // AS_PATH
      '02 03', // AS_SEQUENCE of 3
      '0000fde8 fa56ea00 0000fde9', // 65000 4200000000 65001
      '01 02', // AS_SET of 2
      '0000fdea 0000fdeb', // 65002 65003
      '40 03 04 c0000201', // NEXT_HOP 192.0.2.1
      '80 04 04 0000000a', // MULTI_EXIT_DISC 10
      '40 05 04 00000064', // LOCAL_PREF 100
      '40 06 00', // ATOMIC_AGGREGATE
      'e0 07 08 fa56ea00 c0000202', // AGGREGATOR, partial: 4200000000 192.0.2.2
      'c0 08 08 fde80064 ffffff01', // COMMUNITIES 65000:100, NO_EXPORT
      '80 09 04 0a000001', // ORIGINATOR_ID 10.0.0.1
      '80 0a 08 0a000002 0a000003', // CLUSTER_LIST 10.0.0.2 10.0.0.3
      'c0 10 08 0002fde800000064', // EXTENDED_COMMUNITIES: route target 65000:100
      'c0 20 18', // LARGE_COMMUNITY
      '0000fc00 00000001 00000002', // 64512:1:2
      'fa56ea00 ffffffff 00000000', // 4200000000:4294967295:0
      'c0 c8 03 010203', // what nobody knows: 200
      '00', // 0.0.0.0/0
      '08 0a', // 10.0.0.0/8
      '13 c0a820', // 192.168.32.0/19
      '20 cb007101', // 203.0.113.1/32
    ],
    {
      type: 'UPDATE',
      withdrawn: ['198.51.100.1/32'],
      attributes: [
        { type: 'ORIGIN', origin: 'INCOMPLETE' },
        {
          type: 'AS_PATH',
          segments: [
            { type: 'AS_SEQUENCE', asns: [65_000, 4_200_000_000, 65_001] },
            { type: 'AS_SET', asns: [65_002, 65_003] },
          ],
        },
        { type: 'NEXT_HOP', address: '192.0.2.1' },
        { type: 'MULTI_EXIT_DISC', value: 10 },
        { type: 'LOCAL_PREF', value: 100 },
        { type: 'ATOMIC_AGGREGATE' },
        { type: 'AGGREGATOR', asn: 4_200_000_000, address: '192.0.2.2', partial: true },
        { type: 'COMMUNITIES', communities: ['65000:100', '65535:65281'] },
        { type: 'ORIGINATOR_ID', id: '10.0.0.1' },
        { type: 'CLUSTER_LIST', ids: ['10.0.0.2', '10.0.0.3'] },
        { type: 'EXTENDED_COMMUNITIES', communities: ['0002fde800000064'] },
        { type: 'LARGE_COMMUNITY', communities: ['64512:1:2', '4200000000:4294967295:0'] },
        { type: 'UNKNOWN', code: 200, flags: 0xc0, value: hex('010203') },
      ],
      nlri: ['0.0.0.0/0', '10.0.0.0/8', '192.168.32.0/19', '203.0.113.1/32'],
    },
    { options: internal },
  ),
  golden(
    'UPDATE: IPv6 routes by MP_REACH_NLRI, global and link-local next hop',
    [
      '006a', // length 106
      '02', // UPDATE
      '0000', // nothing withdrawn
      '0053', // 83 bytes of attributes
      '80 0e 3f', // MP_REACH_NLRI
      '0002 01', // IPv6 unicast
      '20', // 32 bytes of next hop
      '20010db8000000000000000000000001', // 2001:db8::1
      'fe800000000000000000000000000001', // fe80::1
      '00', // reserved
      '40 20010db800010000', // 2001:db8:1::/64
      '80 20010db8000200000000000000000001', // 2001:db8:2::1/128
      '40 01 01 00', // ORIGIN IGP
      '40 02 0a', // AS_PATH
      '02 02 0000fc00 0000fc01', // AS_SEQUENCE 64512 64513
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [
        {
          type: 'MP_REACH_NLRI',
          family: 'ipv6-unicast',
          nextHop: { address: '2001:db8::1', linkLocal: 'fe80::1' },
          nlri: ['2001:db8:1::/64', '2001:db8:2::1/128'],
        },
        { type: 'ORIGIN', origin: 'IGP' },
        { type: 'AS_PATH', segments: [{ type: 'AS_SEQUENCE', asns: [64_512, 64_513] }] },
      ],
      nlri: [],
    },
  ),
  golden(
    'UPDATE: an IPv4 route over an IPv6 next hop (RFC 8950)',
    [
      '003a', // length 58
      '02', // UPDATE
      '0000', // nothing withdrawn
      '0023', // 35 bytes of attributes
      '80 0e 19', // MP_REACH_NLRI
      '0001 01', // IPv4 unicast
      '10', // 16 bytes of next hop
      'fe80000000000000020000fffe000001', // fe80::200:ff:fe00:1
      '00', // reserved
      '18 0a141e', // 10.20.30.0/24
      '40 01 01 00', // ORIGIN IGP
      '40 02 00', // AS_PATH, empty
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [
        {
          type: 'MP_REACH_NLRI',
          family: 'ipv4-unicast',
          nextHop: { address: 'fe80::200:ff:fe00:1' },
          nlri: ['10.20.30.0/24'],
        },
        { type: 'ORIGIN', origin: 'IGP' },
        { type: 'AS_PATH', segments: [] },
      ],
      nlri: [],
    },
  ),
  golden(
    'UPDATE: IPv6 routes withdrawn by MP_UNREACH_NLRI',
    [
      '0026', // length 38
      '02', // UPDATE
      '0000', // nothing withdrawn
      '000f', // 15 bytes of attributes
      '80 0f 0c', // MP_UNREACH_NLRI
      '0002 01', // IPv6 unicast
      '40 20010db800010000', // 2001:db8:1::/64
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [
        { type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: ['2001:db8:1::/64'] },
      ],
      nlri: [],
    },
  ),
  golden(
    'UPDATE: AS numbers of four octets to a peer of two (RFC 6793)',
    [
      '0054', // length 84
      '02', // UPDATE
      '0000', // nothing withdrawn
      '003b', // 59 bytes of attributes
      '40 01 01 00', // ORIGIN IGP
      '40 02 08', // AS_PATH
      '02 03 fde8 5ba0 fde9', // AS_SEQUENCE 65000 AS_TRANS 65001
      '40 03 04 c0000201', // NEXT_HOP 192.0.2.1
      'c0 07 06 5ba0 c0000202', // AGGREGATOR AS_TRANS 192.0.2.2
      'c0 11 0e', // AS4_PATH
      '02 03 0000fde8 fa56ea00 0000fde9', // AS_SEQUENCE 65000 4200000000 65001
      'c0 12 08 fa56ea00 c0000202', // AS4_AGGREGATOR 4200000000 192.0.2.2
      '08 0a', // 10.0.0.0/8
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [
        { type: 'ORIGIN', origin: 'IGP' },
        {
          type: 'AS_PATH',
          segments: [{ type: 'AS_SEQUENCE', asns: [65_000, 4_200_000_000, 65_001] }],
        },
        { type: 'NEXT_HOP', address: '192.0.2.1' },
        { type: 'AGGREGATOR', asn: 4_200_000_000, address: '192.0.2.2' },
      ],
      nlri: ['10.0.0.0/8'],
    },
    { options: twoOctets },
  ),
  golden(
    'UPDATE: an attribute longer than 255 bytes',
    [
      '0124', // length 292
      '02', // UPDATE
      '0000', // nothing withdrawn
      '010d', // 269 bytes of attributes
      'd0 c8 0109', // attribute 200, extended length, 265 bytes
      '07'.repeat(265),
    ],
    {
      type: 'UPDATE',
      withdrawn: [],
      attributes: [{ type: 'UNKNOWN', code: 200, flags: 0xc0, value: new Uint8Array(265).fill(7) }],
      nlri: [],
    },
  ),
  golden(
    'NOTIFICATION: administrative shutdown with words (RFC 9003)',
    [
      '0022', // length 34
      '03', // NOTIFICATION
      '06', // Cease
      '02', // Administrative Shutdown
      '0c', // 12 bytes of words
      '676f6f64206e69676874212e', // good night!.
    ],
    { type: 'NOTIFICATION', code: 6, subcode: 2, data: Uint8Array.of(12, ...text('good night!.')) },
  ),
  golden('NOTIFICATION: bad message type, one byte of data', ['0016', '03', '01', '03', '09'], {
    type: 'NOTIFICATION',
    code: 1,
    subcode: 3,
    data: Uint8Array.of(9),
  }),
  golden(
    'ROUTE-REFRESH: routes of IPv6 unicast begin (RFC 7313)',
    ['0017', '05', '0002', '01', '01'],
    { type: 'ROUTE-REFRESH', afi: 2, safi: 1, subtype: 1 },
  ),
];
