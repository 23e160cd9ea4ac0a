// What we write, as Wireshark reads it. It needs no right, only tshark, which the root tests bring.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attributeOf,
  decodeMessage,
  encodeMessage,
  shutdownNotification,
  type BgpMessage,
  type OpenMessage,
  type PathAttribute,
  type UpdateMessage,
} from '../../src/index.ts';
import { open, update } from '../arbitraries.ts';
import { dissect, hasTshark } from '../seams/tshark.ts';

const LONG = { fourOctetAs: true, sendLengthMax: 65_535 };
const A = 'bgp.update.path_attribute';
const REACH = `${A}.mp_reach_nlri.next_hop`;

/** What tshark must read in an UPDATE, by its fields. */
function expected({ withdrawn, attributes, nlri }: UpdateMessage): Record<string, string[]> {
  const reach = attributeOf(attributes, 'MP_REACH_NLRI');
  const unreach = attributeOf(attributes, 'MP_UNREACH_NLRI');
  const ofFamily = (
    family: string,
    list: { family: string; prefixes: readonly string[] } | undefined,
  ): string[] => (list?.family === family ? addresses(list.prefixes) : []);
  const reached = reach && { family: reach.family, prefixes: reach.nlri };
  const gone = unreach && { family: unreach.family, prefixes: unreach.withdrawn };
  const all = [...withdrawn, ...(reach?.nlri ?? []), ...(unreach?.withdrawn ?? []), ...nlri];
  const number = (type: 'MULTI_EXIT_DISC' | 'LOCAL_PREF'): string[] =>
    attributes
      .filter((one) => one.type === type)
      .map((one) => String((one as { value: number }).value));
  const large = attributeOf(attributes, 'LARGE_COMMUNITY')?.communities ?? [];
  const aggregator = attributeOf(attributes, 'AGGREGATOR');
  return {
    'bgp.type': ['2'],
    'bgp.withdrawn_prefix': addresses(withdrawn),
    'bgp.nlri_prefix': addresses(nlri),
    'bgp.mp_reach_nlri_ipv4_prefix': ofFamily('ipv4-unicast', reached),
    'bgp.mp_reach_nlri_ipv6_prefix': ofFamily('ipv6-unicast', reached),
    'bgp.mp_unreach_nlri_ipv4_prefix': ofFamily('ipv4-unicast', gone),
    'bgp.mp_unreach_nlri_ipv6_prefix': ofFamily('ipv6-unicast', gone),
    'bgp.prefix_length': all.map((prefix) => prefix.split('/')[1] ?? ''),
    [`${REACH}.ipv4`]: reach?.nextHop.address.includes('.') ? [reach.nextHop.address] : [],
    [`${REACH}.ipv6`]: reach?.nextHop.address.includes(':') ? [reach.nextHop.address] : [],
    [`${REACH}.ipv6.link_local`]:
      reach?.nextHop.linkLocal === undefined ? [] : [reach.nextHop.linkLocal],
    [`${A}.type_code`]: attributes.map((one) => String(CODES[one.type])),
    [`${A}.origin`]: attributes.flatMap((one) =>
      one.type === 'ORIGIN' ? [String(['IGP', 'EGP', 'INCOMPLETE'].indexOf(one.origin))] : [],
    ),
    [`${A}.next_hop`]: attributes.flatMap((one) => (one.type === 'NEXT_HOP' ? [one.address] : [])),
    [`${A}.multi_exit_disc`]: number('MULTI_EXIT_DISC'),
    [`${A}.local_pref`]: number('LOCAL_PREF'),
    [`${A}.aggregator_as`]: aggregator === undefined ? [] : [String(aggregator.asn)],
    [`${A}.aggregator_origin`]: aggregator === undefined ? [] : [aggregator.address],
    [`${A}.originator_id`]: attributes.flatMap((one) =>
      one.type === 'ORIGINATOR_ID' ? [one.id] : [],
    ),
    'bgp.path_attribute.cluster_id': attributeOf(attributes, 'CLUSTER_LIST')?.ids.slice() ?? [],
    'bgp.large_communities.ga': large.map((text) => text.split(':')[0] ?? ''),
    'bgp.large_communities.ldp1': large.map((text) => text.split(':')[1] ?? ''),
    'bgp.large_communities.ldp2': large.map((text) => text.split(':')[2] ?? ''),
    [COMPLAINTS]: [],
  };
}

const addresses = (prefixes: readonly string[]): string[] =>
  prefixes.map((prefix) => prefix.split('/')[0] ?? '');

const CODES: Readonly<Record<PathAttribute['type'], number>> = {
  ORIGIN: 1,
  AS_PATH: 2,
  NEXT_HOP: 3,
  MULTI_EXIT_DISC: 4,
  LOCAL_PREF: 5,
  ATOMIC_AGGREGATE: 6,
  AGGREGATOR: 7,
  COMMUNITIES: 8,
  ORIGINATOR_ID: 9,
  CLUSTER_LIST: 10,
  MP_REACH_NLRI: 14,
  MP_UNREACH_NLRI: 15,
  EXTENDED_COMMUNITIES: 16,
  LARGE_COMMUNITY: 32,
  UNKNOWN: -1,
};

/**
 * Left out: what this version of tshark takes for a protocol of its own, or writes in another way (an IPv4 address in an IPv6 one), and `/0`, whose byte it can take
 * for the beginning of a path identifier.
 */
function isPlain(message: UpdateMessage): boolean {
  return !/"UNKNOWN"|"EXTENDED_COMMUNITIES"|"::[^/]|\/0"/.test(JSON.stringify(message));
}

/** What tshark remarks about good messages: its own guesses, and advice. */
const REMARK =
  /^ASN length uncalculated by heuristic|^Graceful Restart Capability supported in Helper mode only/;

function both(
  messages: readonly BgpMessage[],
  fields: readonly string[],
): Record<string, string[]>[] {
  const bytes = messages.map((message) => encodeMessage(message, LONG));
  const read = dissect(bytes, [...fields, COMPLAINTS]);
  for (const one of read)
    one[COMPLAINTS] = (one[COMPLAINTS] ?? []).filter((text) => !REMARK.test(text));
  return read;
}

/** That a message is malformed is said here, too. */
const COMPLAINTS = '_ws.expert.message';

describe.skipIf(!hasTshark)('Wireshark reads', () => {
  test('in 2,000 UPDATEs the routes and attributes that were written', () => {
    const messages = fc.sample(update.filter(isPlain), { numRuns: 2000, seed: 1 });
    const wanted = messages.map(expected);
    expect(
      both(
        messages,
        Object.keys(wanted[0] ?? {}).filter((field) => field !== COMPLAINTS),
      ),
    ).toEqual(wanted);
  });

  test('the AS_PATH and the communities that were written', () => {
    const attributes: PathAttribute[] = [
      { type: 'ORIGIN', origin: 'IGP' },
      {
        type: 'AS_PATH',
        segments: [
          { type: 'AS_SEQUENCE', asns: [65_000, 4_200_000_000] },
          { type: 'AS_SET', asns: [65_001, 65_002, 65_003] },
        ],
      },
      { type: 'NEXT_HOP', address: '192.0.2.1' },
      { type: 'COMMUNITIES', communities: ['65000:100', '64512:7'] },
      { type: 'EXTENDED_COMMUNITIES', communities: ['0002fde800000064'] },
    ];
    const fields = [
      `${A}.as_path_segment.type`,
      `${A}.as_path_segment.as4`,
      `${A}.community_as`,
      `${A}.community_value`,
      'bgp.ext_com.value_as2',
      'bgp.ext_com.value_an4',
    ];
    const message: UpdateMessage = {
      type: 'UPDATE',
      withdrawn: [],
      attributes,
      nlri: ['10.0.0.0/8'],
    };
    expect(Object.values(both([message], fields)[0] ?? {})).toEqual([
      ['2', '1'],
      ['65000', '4200000000', '65001', '65002', '65003'],
      ['65000', '64512'],
      ['100', '7'],
      ['65000'],
      ['100'],
      [],
    ]);
  });

  test('in 500 OPENs the numbers and capabilities that were written', () => {
    const messages = fc.sample(
      open.filter(
        ({ capabilities }) =>
          isShort(capabilities) && !capabilities.some(({ type }) => type === 'UNKNOWN'),
      ),
      { numRuns: 500, seed: 1 },
    );
    const fields = [
      'bgp.type',
      'bgp.open.version',
      'bgp.open.myas',
      'bgp.open.holdtime',
      'bgp.open.identifier',
      'bgp.cap.type',
      'bgp.cap.4as',
      'bgp.cap.gr.timers.restart_time',
    ];
    expect(both(messages, fields).map((one) => Object.values(one))).toEqual(
      messages.map(({ myAs, holdTimeS, bgpIdentifier, capabilities }) => [
        ['1'],
        ['4'],
        [String(myAs)],
        [String(holdTimeS)],
        [bgpIdentifier],
        capabilities.map(({ type }) => String(CAPABILITY_CODES[type])),
        capabilities.flatMap((one) => (one.type === 'FOUR_OCTET_AS' ? [String(one.asn)] : [])),
        capabilities.flatMap((one) =>
          one.type === 'GRACEFUL_RESTART' ? [String(one.restartTimeS)] : [],
        ),
        [],
      ]),
    );
  });

  test('the words of a shutdown, a refresh, and a KEEPALIVE', () => {
    const messages: BgpMessage[] = [
      shutdownNotification('back at six'),
      { type: 'ROUTE-REFRESH', afi: 2, safi: 1, subtype: 1 },
      { type: 'KEEPALIVE' },
    ];
    const fields = [
      'bgp.type',
      'bgp.notify.major_error',
      'bgp.notify.minor_error_cease',
      'bgp.notify.communication',
      'bgp.route_refresh.afi',
      'bgp.route_refresh.subtype',
      'bgp.route_refresh.safi',
    ];
    expect(
      both(messages, fields).map((one) => Object.values(one).map((values) => values.join())),
    ).toEqual([
      ['3', '6', '2', 'back at six', '', '', '', ''],
      ['5', '', '', '', '2', '1', '1', ''],
      ['4', '', '', '', '', '', '', ''],
    ]);
  });
});

/** This version of tshark does not know RFC 9072. */
function isShort(capabilities: OpenMessage['capabilities']): boolean {
  const message: OpenMessage = {
    type: 'OPEN',
    myAs: 1,
    holdTimeS: 0,
    bgpIdentifier: '192.0.2.1',
    capabilities,
  };
  return encodeMessage(message).length <= 29 + 255 && decodeMessage(encodeMessage(message)).ok;
}

const CAPABILITY_CODES = {
  MULTIPROTOCOL: 1,
  ROUTE_REFRESH: 2,
  EXTENDED_NEXT_HOP: 5,
  EXTENDED_MESSAGE: 6,
  GRACEFUL_RESTART: 64,
  FOUR_OCTET_AS: 65,
  ENHANCED_ROUTE_REFRESH: 70,
  UNKNOWN: -1,
} as const;
