import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';
import { GOLDEN } from '../golden.ts';

describe.each(GOLDEN)('$name', ({ bytes, message, options, endOfRib }) => {
  test('is read from these bytes', () => {
    const decoded = decodeMessage(bytes, options);
    expect(decoded).toEqual({ ok: true, message, errors: [], ...(endOfRib && { endOfRib }) });
  });

  test('is written as these bytes', () =>
    expect(toHex(encodeMessage(message, options))).toBe(toHex(bytes)));

  test('shares no byte with what it was read from', () => {
    const given = bytes.slice();
    const decoded = decodeMessage(given, options);
    given.fill(0);
    expect(decoded).toMatchObject({ message });
  });

  test('is refused when it is cut at any offset', () => {
    for (let length = 0; length < bytes.length; length++) {
      const decoded = decodeMessage(bytes.subarray(0, length), options);
      expect(decoded, String(length)).toMatchObject({ ok: false, fault: { reason: 'bad-length' } });
    }
  });

  test('cut at any offset with a length that fits, is refused or means what is left of it', () => {
    for (let length = 19; length < bytes.length; length++) {
      const cut = bytes.slice(0, length);
      cut.set([length >> 8, length], 16);
      const decoded = decodeMessage(cut, options);
      const again = decoded.ok ? toHex(encodeMessage(decoded.message, options)) : 'refused';
      expect(['refused', toHex(cut)]).toContain(again);
    }
  });
});

// What MetalLB's native mode sends, as its own code wrote it.
const MARKER = 'ff'.repeat(16);
const metallb = {
  open: '00310104fc00005ac000020114021201040001000101040002000141040000fc00',
  openOfFourOctets: '003101045ba000b40a0000011402120104000100010104000200014104fa56ea00',
  external:
    '003b020000001f4001010040020602010000fc00400304c0000201c00808fde80064ffffff01200a141e01',
  externalOfTwoOctets: '002d0200000012400101004002040201fc00400304c0000201180a141e',
  internal: '0031020000001540010100400200400304c000020140050400000064200a141e01',
  withdraw: '0020020009200a141e01180a141f0000',
};

test('what MetalLB sends is read, and written as it sent it', () => {
  const base = {
    external: false,
    families: ['ipv4-unicast'],
    receiveLengthMax: 4096,
    sendLengthMax: 4096,
  } as const;
  for (const [name, bytes] of Object.entries(metallb)) {
    const options = { ...base, fourOctetAs: name !== 'externalOfTwoOctets' };
    const decoded = decodeMessage(hex(MARKER + bytes), options);
    expect(decoded, name).toMatchObject({ ok: true, errors: [] });
    const again = decoded.ok ? toHex(encodeMessage(decoded.message, options)) : 'refused';
    expect(again, name).toBe(MARKER + bytes);
  }
});
