import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ROUTER_TYPE,
  decodeRouterFrame,
  encodeRouterFrame,
  formatAddress,
  routerAdvertisement,
  routerSolicitation,
  type RouterFrame,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, hex, ip, solicitation, toHex } from './frames.ts';

/** What we say of ourselves, fe80::1 at 02:00:00:00:00:01. */
const ADVERTISEMENT = hex(
  '333300000001 020000000001 86dd' + // to ff02::1
    '60000000 0018 3a ff' + // 24 bytes of ICMPv6, hop limit 255
    'fe800000000000000000000000000001 ff020000000000000000000000000001' +
    '86 00 7925' + // router advertisement, checksum
    '00 00 0000' + // says nothing of a hop limit, no flags, lifetime 0
    '00000000 00000000' + // says nothing of times
    '01 01 020000000001', // source link-layer address
);
const SOLICITATION = hex(
  '333300000002 020000000001 86dd' + // to ff02::2
    '60000000 0010 3a ff' +
    'fe800000000000000000000000000001 ff020000000000000000000000000002' +
    '85 00 7a2c' + // router solicitation, checksum
    '00000000' + // reserved
    '01 01 020000000001', // source link-layer address
);

/** A solicitation or advertisement from `source`, written with what RFC 4861 forbids. */
function from(source: string, change: Partial<RouterFrame> = {}): Uint8Array {
  const read = decodeRouterFrame(ADVERTISEMENT);
  if (typeof read === 'string') throw new Error(read);
  return encodeRouterFrame({ ...read, source: ip(source), ...change });
}

describe('frames of router discovery', () => {
  test('ours have these bytes', () => {
    expect(toHex(routerAdvertisement(ip('fe80::1'), OUR_MAC))).toBe(toHex(ADVERTISEMENT));
    expect(toHex(routerSolicitation(ip('fe80::1'), OUR_MAC))).toBe(toHex(SOLICITATION));
  });

  test('are read with what stood around them', () => {
    const read = decodeRouterFrame(ADVERTISEMENT);
    expect(read).toMatchObject({
      sourceMac: OUR_MAC,
      destinationMac: hex('333300000001'),
      source: ip('fe80::1'),
      message: { type: ROUTER_TYPE.ADVERTISEMENT, lifetimeS: 0 },
    });
    expect(decodeRouterFrame(SOLICITATION)).toMatchObject({ destination: ip('ff02::2') });
  });

  test('are refused by name where RFC 4861 §6.1 says so', () => {
    expect(decodeRouterFrame(from('2001:db8::1'))).toBe('not-link-local');
    expect(decodeRouterFrame(from('fec0::1'))).toBe('not-link-local');
    const routed = ADVERTISEMENT.with(21, 254);
    expect(decodeRouterFrame(routed)).toBe('hop-limit');
    const options = [{ type: 1, data: ASKER_MAC }];
    const asking = { type: ROUTER_TYPE.SOLICITATION, options };
    expect(decodeRouterFrame(from('::', { message: asking }))).toBe(
      'unspecified-source-with-link-layer-address',
    );
    const bare = from('::', { message: { ...asking, options: [] } });
    expect(decodeRouterFrame(bare)).toMatchObject({ message: { options: [] } });
    expect(decodeRouterFrame(ADVERTISEMENT.with(60, 1))).toBe('bad-checksum');
    expect(decodeRouterFrame(solicitation('fe80::7'))).toBe('not-router-discovery');
  });

  test('cut anywhere are refused', () => {
    for (const whole of [ADVERTISEMENT, SOLICITATION]) {
      for (let length = 0; length < whole.length; length++) {
        expect(decodeRouterFrame(whole.subarray(0, length)), `${length}`).toBe('truncated');
      }
    }
  });

  test('of any bytes are a frame from a link-local address, or a reason', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc
        .array(fc.tuple(fc.nat(ADVERTISEMENT.length - 1), fc.nat(255)), { maxLength: 4 })
        .map((changes) => {
          const frame = Uint8Array.from(ADVERTISEMENT);
          for (const [at, value] of changes) frame[at] = value;
          return frame;
        }),
    );
    fc.assert(
      fc.property(bytes, (frame) => {
        const read = decodeRouterFrame(frame);
        const text = typeof read === 'string' ? read : formatAddress(read.source);
        expect(text).toMatch(/^(fe[89ab].:|[a-z0-9]+(-[a-z0-9]+)*$)/);
      }),
    );
  });
});
