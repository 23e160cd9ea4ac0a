import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageFramer, encodeMessage, type Frame } from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';
import { GOLDEN } from '../golden.ts';

function all(framer: MessageFramer, chunks: Iterable<Uint8Array>): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      // Its bytes are only good until the next push.
      frames.push(frame.ok ? { ok: true, bytes: frame.bytes.slice() } : frame);
      if (!frame.ok) break;
    }
    chunk.fill(0); // As a socket does that reads into the same memory again.
  }
  return frames;
}

const MESSAGES = GOLDEN.map(({ bytes }) => bytes);
const STREAM = Buffer.concat(MESSAGES);
const KEEPALIVE = encodeMessage({ type: 'KEEPALIVE' });

describe('the framer', () => {
  test('gives whole messages, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sizes) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < STREAM.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(Uint8Array.from(STREAM.subarray(at, at + size)));
          at += size;
        }
        const frames = all(new MessageFramer(), chunks);
        expect(frames).toEqual(MESSAGES.map((bytes) => ({ ok: true, bytes })));
      }),
    );
  });

  test('gives them byte by byte, and all at once', () => {
    const bytewise = Array.from(STREAM, (byte) => Uint8Array.of(byte));
    for (const chunks of [bytewise, [Uint8Array.from(STREAM)]]) {
      expect(all(new MessageFramer(), chunks)).toHaveLength(MESSAGES.length);
    }
  });

  test('takes empty chunks', () => {
    expect(all(new MessageFramer(), [hex(''), KEEPALIVE.slice(), hex('')])).toHaveLength(1);
  });

  test('takes long messages once it is told to', () => {
    const long = encodeMessage(
      { type: 'NOTIFICATION', code: 6, subcode: 0, data: new Uint8Array(5000) },
      { fourOctetAs: true, sendLengthMax: 65_535 },
    );
    const fault = {
      reason: 'bad-length',
      notification: { code: 1, subcode: 2, data: hex('139d') },
    };
    expect(all(new MessageFramer(), [long.slice()])).toMatchObject([{ ok: false, fault }]);
    const framer = new MessageFramer();
    framer.lengthMax = 65_535;
    const chunks = [KEEPALIVE, long.slice(0, 3000), long.slice(3000), KEEPALIVE].map((one) =>
      one.slice(),
    );
    expect(all(framer, chunks).map((frame) => frame.ok && frame.bytes.length)).toEqual([
      19, 5021, 19,
    ]);
  });
});

const M = 'ff'.repeat(16);
describe('a header is refused', () => {
  test.each([
    [
      'when one byte of the marker is not ones',
      `${'ff'.repeat(15)}fe 0013 04`,
      'bad-marker',
      1,
      '',
    ],
    ['when its length is less than its own', `${M} 0012 04`, 'bad-length', 2, '0012'],
    ['when its length is more than a message may have', `${M} 1001 02`, 'bad-length', 2, '1001'],
    ['for an OPEN that is too short', `${M} 001c 01`, 'bad-length', 2, '001c'],
    ['for an UPDATE that is too short', `${M} 0016 02`, 'bad-length', 2, '0016'],
    ['for a NOTIFICATION that is too short', `${M} 0014 03`, 'bad-length', 2, '0014'],
    ['for a KEEPALIVE with a body', `${M} 0014 04`, 'bad-length', 2, '0014'],
    ['for a ROUTE-REFRESH that is too short', `${M} 0016 05`, 'bad-length', 2, '0016'],
    ['for a type that does not exist', `${M} 0013 06`, 'bad-type', 3, '06'],
    ['for type 0', `${M} 0013 00`, 'bad-type', 3, '00'],
  ])('%s', (_name, header, reason, subcode, data) => {
    const bytes = hex(header);
    for (const cut of [0, 1, 17, 18]) {
      const framer = new MessageFramer();
      framer.push(bytes.slice(0, cut));
      expect(framer.next()).toBeUndefined();
      framer.push(bytes.slice(cut));
      const frame = framer.next();
      expect(frame).toMatchObject({
        ok: false,
        fault: { reason, notification: { code: 1, subcode } },
      });
      expect(frame?.ok === false && toHex(frame.fault.notification.data)).toBe(data);
      // Nothing that follows can be trusted.
      framer.push(KEEPALIVE.slice());
      expect(framer.next()).toEqual(frame);
    }
  });

  test('for an OPEN or a KEEPALIVE of more than 4,096 bytes, also where messages are extended (RFC 8654)', () => {
    const framer = new MessageFramer();
    framer.lengthMax = 65_535;
    framer.push(hex(`${M} 1001 01`));
    expect(framer.next()).toMatchObject({ ok: false, fault: { reason: 'bad-length' } });
  });
});
