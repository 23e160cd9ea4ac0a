import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerReport, AnswerReportCodec, HeartbeatCodec } from '../src/index.ts';
import { heartbeat, hmac, key, mac } from './frames.ts';

const electorate = 0x01020304;
const options = { keys: [key], electorate };
const codec = new AnswerReportCodec({ hmac }, options);
const report: AnswerReport = {
  node: '0123456789abcdef',
  boot: 0xdeadbeef,
  seq: 7,
  holder: 'fedcba9876543210',
  holds: [
    { address: '192.0.2.1', term: 3 },
    { address: '2001:db8::1', term: 1 },
  ],
};
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const only = (frames: readonly Uint8Array[]): Uint8Array => {
  expect(frames).toHaveLength(1);
  return frames[0] ?? new Uint8Array();
};

describe('a report', () => {
  test('is these bytes', () => {
    const bytes = [
      'ffffffffffff', // to everybody
      '020000000001', // from
      '88b5', // EtherType
      '81', // a report
      '02', // of two holds
      '01020304', // electorate
      '0123456789abcdef', // who asked
      'deadbeef', // its boot
      '00000007', // its newest heartbeat
      'fedcba9876543210', // the holder
      '04', // IPv4
      '00000003', // term
      'c0000201', // 192.0.2.1
      '06', // IPv6
      '00000001', // term
      '20010db8000000000000000000000001', // 2001:db8::1
    ].join('');
    const frame = only(codec.encode(report, mac));
    expect(hex(frame.subarray(0, -16))).toBe(bytes);
    const code = hmac(key, Buffer.from(bytes, 'hex').subarray(6)).subarray(0, 16);
    expect(hex(frame.subarray(-16))).toBe(hex(code));
  });

  test('comes back as it was, for any content', () => {
    const node = fc.stringMatching(/^[0-9a-f]{16}$/);
    const word = fc.nat(0xffffffff);
    const address = fc.constantFrom('192.0.2.1', '255.255.255.255', '2001:db8::1', '::', 'fe80::1');
    const holds = fc.array(fc.record({ address, term: word }), { minLength: 1, maxLength: 68 });
    const reports = fc.record({ node, boot: word, seq: word, holder: node, holds });
    fc.assert(
      fc.property(reports, (one) => {
        expect(codec.read(only(codec.encode(one, mac)))).toEqual(one);
      }),
    );
  });

  test('of more addresses than fit into a frame takes several, none over 1,514 bytes', () => {
    const holds = Array.from({ length: 150 }, (_, index) => ({
      address: `2001:db8::1:${(index + 1).toString(16)}`,
      term: index,
    }));
    const frames = codec.encode({ ...report, holds }, mac);
    expect(frames.map(({ length }) => length <= 1514)).toEqual([true, true, true]);
    const read = frames.flatMap((frame) => {
      const one = codec.read(frame);
      return typeof one === 'string' ? [] : one.holds;
    });
    expect(read).toEqual(holds);
  });

  test('of an address that is none in its canonical text is a mistake of the caller', () => {
    const holds = [{ address: '2001:DB8::1', term: 1 }];
    expect(() => codec.encode({ ...report, holds }, mac)).toThrow('not a canonical address');
  });
});

describe('no report is', () => {
  const frame = only(codec.encode(report, mac));

  test('one that was cut anywhere', () => {
    for (let length = 0; length < frame.length; length++) {
      expect(codec.read(frame.subarray(0, length)), `${length} bytes`).toBeTypeOf('string');
    }
  });

  test('one with any bit changed', () => {
    for (let at = 6; at < frame.length; at++) {
      const changed = frame.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(codec.read(changed), `byte ${at}`).toBeTypeOf('string');
    }
  });

  test('one of another electorate or under another key', () => {
    const other = new AnswerReportCodec({ hmac }, { keys: [key], electorate: 5 });
    expect(other.read(frame)).toBe('other-electorate');
    const stranger = new AnswerReportCodec({ hmac }, { keys: [new Uint8Array(16)], electorate });
    expect(stranger.read(frame)).toBe('not-authentic');
    stranger.setKeys([new Uint8Array(16), key]);
    expect(stranger.read(frame)).toEqual(report);
  });

  test('a heartbeat; and to a speaker that knows no reports a report is a frame of another version', () => {
    const heartbeats = new HeartbeatCodec({ hmac }, options);
    for (const beat of heartbeats.encode(heartbeat, mac))
      expect(codec.read(beat)).toBe('no-report');
    const long = only(codec.encode({ ...report, holds: [...report.holds, ...report.holds] }, mac));
    expect(heartbeats.read(long)).toEqual({ kind: 'fault', fault: 'other-version' });
  });

  test('anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codec.read(bytes)).toBeTypeOf('string');
        const likely = frame.slice();
        likely.set(bytes.subarray(0, likely.length - 15), 15);
        const isSame = hex(likely) === hex(frame);
        expect(typeof codec.read(likely)).toBe(isSame ? 'object' : 'string');
      }),
    );
  });
});
