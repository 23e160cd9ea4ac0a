import { describe, expect, test } from 'vitest';
import { encodeMessage, originatedRoute, packUpdates, type Origination } from '../../src/index.ts';
import { toHex } from '../bytes.ts';

const nextHop = { address: '192.0.2.1' };
const external = { external: true, localAsn: 64_512 };
const internal = { external: false, localAsn: 64_512 };

/** The bytes behind the marker by which one prefix is told. */
function told(
  origination: Origination,
  session: typeof external,
  prefix: string,
  fourOctetAs = true,
): string {
  const route = originatedRoute(origination, session);
  const options = { fourOctetAs, sendLengthMax: 4096 };
  const { updates } = packUpdates(
    { withdrawn: [], announced: [{ ...route, prefixes: [prefix] }] },
    options,
  );
  return updates.map((update) => toHex(encodeMessage(update, options).subarray(16))).join();
}

describe('a prefix of ours is told as MetalLB tells it', () => {
  test('to an external peer, with communities', () => {
    const communities = ['65535:65281', '65000:100', '65000:100'];
    expect(told({ nextHop, communities }, external, '10.20.30.1/32')).toBe(
      '003b020000001f4001010040020602010000fc00400304c0000201c00808fde80064ffffff01200a141e01',
    );
  });

  test('to an external peer of two octets', () => {
    expect(told({ nextHop }, external, '10.20.30.0/24', false)).toBe(
      '002d0200000012400101004002040201fc00400304c0000201180a141e',
    );
  });

  test('to an internal peer', () => {
    expect(told({ nextHop, localPref: 100 }, internal, '10.20.30.1/32')).toBe(
      '0031020000001540010100400200400304c000020140050400000064200a141e01',
    );
  });
});

test('a LOCAL_PREF that nobody set is 100, not 0, and no external peer hears of one', () => {
  const types = (session: typeof external, origination: Origination): unknown[] =>
    originatedRoute(origination, session).attributes.slice(2);
  expect(types(internal, { nextHop })).toEqual([{ type: 'LOCAL_PREF', value: 100 }]);
  expect(types(internal, { nextHop, localPref: 0 })).toEqual([{ type: 'LOCAL_PREF', value: 0 }]);
  expect(types(external, { nextHop, localPref: 7 })).toEqual([]);
  expect(types(external, { nextHop, multiExitDisc: 7 })).toEqual([
    { type: 'MULTI_EXIT_DISC', value: 7 },
  ]);
});

test('our AS is in the path of an external peer as often as is asked for, and in that of an internal one never', () => {
  // AS_PATH: flags 40, type 02, 14 bytes; one AS_SEQUENCE (02) of three (03).
  expect(told({ nextHop, asPathPrepend: 2 }, external, '10.20.30.1/32')).toContain(
    '40020e0203' + '0000fc00'.repeat(3),
  );
  const route = { nextHop, asPathPrepend: 2 };
  expect(originatedRoute(route, internal)).toEqual(originatedRoute({ nextHop }, internal));
});

test('communities are in the order of their numbers, each once', () => {
  const { attributes } = originatedRoute(
    {
      nextHop,
      communities: ['65000:9', '65000:10', '9:1', '65000:9'],
      largeCommunities: ['64512:2:1', '64512:1:10', '64512:1:9', '9:0:0'],
    },
    external,
  );
  expect(attributes.slice(2)).toEqual([
    { type: 'COMMUNITIES', communities: ['9:1', '65000:9', '65000:10'] },
    { type: 'LARGE_COMMUNITY', communities: ['9:0:0', '64512:1:9', '64512:1:10', '64512:2:1'] },
  ]);
});
