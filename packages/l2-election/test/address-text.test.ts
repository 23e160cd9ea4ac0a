import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressBytes, addressText } from '../src/address-text.ts';

test('every 4 or 16 bytes have one text, which is read back', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4, 16),
      fc.infiniteStream(fc.nat({ max: 255 })),
      (length, stream) => {
        const bytes = Uint8Array.from({ length }, () => {
          const byte = stream.next().value as number;
          return byte < 128 ? 0 : byte;
        });
        const text = addressText(bytes);
        expect(addressBytes(text)).toEqual(bytes);
        const whole = length === 16 ? text : '::1';
        expect(new URL(`http://[${whole}]`).hostname).toBe(`[${whole}]`);
      },
    ),
  );
});

test.each([
  '',
  '1.2.3',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4.5',
  '2001:DB8::1',
  '2001:db8:0:0:0:0:0:1',
  '::1::',
  '1:2:3:4:5:6:7:8:9',
  'fe80::1%eth0',
  '::ffff:1.2.3.4',
  '1:2:3:4:5:6:7::8:9',
  'host',
])('"%s" is no address in its canonical text', (text) => {
  expect(addressBytes(text)).toBeUndefined();
});
