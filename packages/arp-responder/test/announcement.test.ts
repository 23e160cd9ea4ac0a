import { describe, expect, test } from 'vitest';
import { announcement, decodeNeighborFrame, formatAddress } from '../src/index.ts';
import { OUR_MAC, hex, ip, toHex } from './frames.ts';

/** To everybody, from us, ARP. */
const HEADER = 'ffffffffffff0200000000010806';

describe('announcements', () => {
  test('IPv4 is a gratuitous request and then a gratuitous reply, both broadcast', () => {
    expect(announcement(ip('10.20.30.1'), OUR_MAC).map(toHex)).toEqual([
      // the packets as MetalLB sends them
      HEADER + '00010800060400010200000000010a141e01ffffffffffff0a141e01',
      HEADER + '00010800060400020200000000010a141e01ffffffffffff0a141e01',
    ]);
  });

  test('IPv6 is one unsolicited advertisement to all nodes with the override flag', () => {
    const [frame, ...more] = announcement(ip('fc00:f853:ccd:e799::1'), OUR_MAC);
    expect(more).toEqual([]);
    const bytes = toHex(frame ?? hex(''));
    expect(bytes.slice(0, 28)).toBe('33330000000102000000000186dd');
    expect(bytes.slice(36, 44)).toBe('00203aff'); // 32 bytes, ICMPv6, hop limit 255
    // type, code, checksum (whatever it is), flags, target, option: as MetalLB sends it
    const icmp = bytes.slice(108);
    expect(icmp.slice(0, 4) + '0000' + icmp.slice(8)).toBe(
      '8800000020000000fc00f8530ccde79900000000000000010201020000000001',
    );
    const read = decodeNeighborFrame(hex(bytes));
    if (typeof read === 'string') throw new Error(read);
    expect(formatAddress(read.destination)).toBe('ff02::1');
    expect(read.message).toMatchObject({ solicited: false, override: true, router: false });
  });
});
