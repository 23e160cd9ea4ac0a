import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, type Heartbeat, HeartbeatCodec, L2ElectionError } from '../src/index.ts';
import { heartbeat, hmac, key, mac } from './frames.ts';

const electorate = 0x0a0b0c0d;
const codec = (keys: readonly Uint8Array[] = [key], of: number = electorate): HeartbeatCodec =>
  new HeartbeatCodec({ hmac }, { keys, electorate: of });
const only = (frames: readonly Uint8Array[]): Uint8Array => {
  expect(frames).toHaveLength(1);
  return frames[0] ?? new Uint8Array();
};
const golden = [
  'ffffffffffff', // destination: broadcast
  '020000000001', // source
  '88b5', // EtherType: local experimental 1
  '02', // version
  '01', // flags: leaving
  '00', // part 0
  '01', // of 1
  '0a0b0c0d', // electorate
  '0123456789abcdef', // node
  'deadbeef', // boot
  '00000007', // seq
  '0384', // age: 900 ms
  '6ab13b80', // wall clock
  '0002', // held
  '0001', // acknowledgements
  '0004', // entries
  '00000005', // which the frame 5 said first
  '0051', // bytes of the body: 17 + 9 + 21 + 17 + 17
  'fedcba9876543210', // acknowledgement: node
  '01020304', // boot
  '0000012c', // evidence: 300
  '02', // the newest received lags 2 behind
  '01', // hold, IPv4
  'c0000201', // 192.0.2.1
  '00000003', // term
  '0a', // claim, IPv6
  '20010db8000000000000000000000001', // 2001:db8::1
  '00000001', // term
  '03', // give, IPv4
  'c0000202', // 192.0.2.2
  '00000005', // term
  'fedcba9876543210', // to
  '04', // object, IPv4
  'c0000203', // 192.0.2.3
  '00000006', // term
  '0000000000000001', // in favour of
].join('');

describe('a heartbeat on the wire', () => {
  test('has these bytes, and a code over all from the source address on', () => {
    const frame = Buffer.from(only(codec().encode(heartbeat, mac)));
    expect(frame.subarray(0, -16).toString('hex')).toBe(golden);
    const code = hmac(key, frame.subarray(6, -16)).subarray(0, 16);
    expect(frame.subarray(-16).toString('hex')).toBe(Buffer.from(code).toString('hex'));
  });

  test('that refers to the list of an earlier one bears none, and a flag that says so, beside the one of a quiet frame', () => {
    const beat = {
      ...heartbeat,
      acknowledgements: [],
      leaving: false,
      quiet: true,
      entries: undefined,
    };
    const frame = Buffer.from(only(codec().encode(beat, mac)));
    const wanted = golden.slice(0, golden.indexOf('0051')); // all before the length
    const head = Buffer.from(wanted, 'hex');
    head[15] = 12; // flags: unlisted, quiet
    head.writeUInt16BE(0, 46); // acknowledgements
    head.writeUInt16BE(0, 48); // entries
    expect(frame.subarray(0, -16).toString('hex')).toBe(`${head.toString('hex')}0000`);
  });

  test('is read back as it was, with the sender’s hardware address', () => {
    const read = codec().read(only(codec().encode(heartbeat, mac)));
    expect(read).toEqual({ kind: 'heartbeat', heartbeat, mac });
  });

  test('comes back whatever its lists are, also in several frames and in any order', () => {
    fc.assert(
      fc.property(anyHeartbeat, fc.boolean(), (beat, backwards) => {
        const frames = codec().encode(beat, mac);
        if (backwards) frames.reverse();
        const reader = codec();
        const read = frames.map((frame) => reader.read(frame));
        expect(read.slice(0, -1).every(({ kind }) => kind === 'part')).toBe(true);
        expect(read.at(-1)).toEqual({ kind: 'heartbeat', heartbeat: beat, mac });
      }),
      { numRuns: 200 },
    );
  });

  test('says of a frame that lags by 255 or more that nothing was received', () => {
    const acknowledgements = [{ node: 'fedcba9876543210', boot: 1, evidence: 999, direct: 700 }];
    const read = codec().read(only(codec().encode({ ...heartbeat, acknowledgements }, mac)));
    expect(read).toMatchObject({ heartbeat: { acknowledgements: [{ evidence: 999, direct: 0 }] } });
  });

  const holding = (count: number): Heartbeat => ({
    ...heartbeat,
    entries: Array.from({ length: count }, (_, i): Entry => ({
      kind: 'hold',
      address: `10.0.${i >> 8}.${i & 255}`,
      term: 1,
    })),
  });

  test('may name 20,000 addresses', () => {
    const [reader, wanted] = [codec(), holding(20_000)];
    const parts = codec()
      .encode(wanted, mac)
      .map((frame) => reader.read(frame));
    expect(parts.slice(0, -1).every(({ kind }) => kind === 'part')).toBe(true);
    expect(parts.at(-1)).toEqual({ kind: 'heartbeat', heartbeat: wanted, mac });
  });

  test('with more addresses than its frames can name is an error that says so', () => {
    expect(() => codec().encode(holding(20_600), mac)).toThrow(L2ElectionError);
  });
});

describe('a frame changes nothing', () => {
  const frame = only(codec().encode(heartbeat, mac));

  test('when it is cut at any offset', () => {
    for (let length = 0; length < frame.length; length++) {
      expect(codec().read(frame.subarray(0, length)).kind, String(length)).toBe('fault');
    }
  });

  test('when any one bit of it differs, but for the destination', () => {
    for (let bit = 6 * 8; bit < frame.length * 8; bit++) {
      const changed = frame.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codec().read(changed).kind, `bit ${bit}`).toBe('fault');
    }
  });

  test('when it was signed with another key, or is of another electorate', () => {
    expect(codec([new Uint8Array(32)]).read(frame)).toEqual({
      kind: 'fault',
      fault: 'not-authentic',
    });
    expect(codec([key], 1).read(frame)).toEqual({ kind: 'fault', fault: 'other-electorate' });
  });

  test('whatever bytes it is made of, with and without a fitting head', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1600 }), fc.boolean(), (bytes, head) => {
        const given = head ? Buffer.concat([frame.subarray(0, 56), bytes]) : bytes;
        expect(codec().read(given).kind).toBe('fault');
      }),
      { numRuns: Number(process.env['L2_FUZZ'] ?? 2000) },
    );
  });

  test('when its lists are nonsense, although the key fits', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat({ max: 20 }),
        fc.nat({ max: 40 }),
        fc.nat({ max: 15 }),
        (body, acknowledgements, entries, flags) => {
          const read = codec().read(signed(body, acknowledgements, entries, flags));
          expect(['heartbeat', 'fault']).toContain(read.kind);
        },
      ),
      { numRuns: Number(process.env['L2_FUZZ'] ?? 2000) },
    );
  });

  test('when it refers to the list of another frame and yet bears one', () => {
    const body = Buffer.from(golden.slice(-2 * 17), 'hex');
    expect(codec().read(signed(body, 0, 1, 0)).kind).toBe('heartbeat');
    const unlisted = 4;
    const fault = { kind: 'fault', fault: 'trailing-bytes' };
    expect(codec().read(signed(body, 0, 1, unlisted))).toEqual(fault);
  });

  test('until all parts of its heartbeat are there', () => {
    const entries = Array.from({ length: 400 }, (_, i): Entry => ({
      kind: 'hold',
      address: `10.0.${i >> 8}.${i & 255}`,
      term: 1,
    }));
    const [first, second, third] = codec().encode({ ...heartbeat, entries }, mac);
    const newer = codec().encode({ ...heartbeat, entries, seq: 8 }, mac);
    const reader = codec();
    expect(third).toBeDefined();
    for (const part of [first, second, newer[0], third]) {
      expect(reader.read(part ?? frame)).toEqual({ kind: 'part' });
    }
    expect(reader.read(newer[1] ?? frame)).toEqual({ kind: 'part' });
    expect(reader.read(newer[2] ?? frame)).toMatchObject({ heartbeat: { seq: 8 } });
  });

  /** A frame with this body, these counts and flags, and a code that fits. */
  function signed(
    body: Uint8Array,
    acknowledgements: number,
    entries: number,
    flags: number,
  ): Uint8Array {
    const head = Buffer.from(frame.subarray(0, 56));
    head[15] = flags;
    head.writeUInt16BE(acknowledgements, 46);
    head.writeUInt16BE(entries, 48);
    head.writeUInt16BE(body.length, 54);
    const whole = Buffer.concat([head, body]);
    return Buffer.concat([whole, hmac(key, whole.subarray(6)).subarray(0, 16)]);
  }
});

test('keys are changed without a moment in which nodes do not understand each other', () => {
  const next = new Uint8Array(32).fill(9);
  const steps = [codec([key]), codec([key, next]), codec([next, key]), codec([next])];
  for (const [index, sender] of steps.entries()) {
    for (const receiver of steps.slice(Math.max(0, index - 1), index + 2)) {
      expect(receiver.read(only(sender.encode(heartbeat, mac))).kind).toBe('heartbeat');
    }
  }
  expect(() => codec([])).toThrow('keys must be');
  expect(() => codec([key.subarray(0, 8)])).toThrow('keys must be');
});

const word = fc.nat({ max: 0xffff_ffff });
const node = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((b) => Buffer.from(b).toString('hex'));
const address = fc.oneof(
  fc.ipV4(),
  fc
    .array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 })
    .map((words) =>
      new URL(`http://[${words.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1),
    ),
);
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constantFrom('hold' as const, 'claim' as const), address, term: word }),
  fc.record({
    kind: fc.constantFrom('give' as const, 'object' as const),
    address,
    term: word,
    node,
  }),
);
const anyHeartbeat: fc.Arbitrary<Heartbeat> = fc.record({
  node,
  boot: word,
  seq: word,
  ageMs: fc.nat({ max: 0xffff }),
  wallS: word,
  leaving: fc.boolean(),
  passive: fc.boolean(),
  quiet: fc.boolean(),
  held: fc.nat({ max: 0xffff }),
  acknowledgements: fc.array(
    fc
      .record({ node, boot: word, evidence: word, lag: fc.nat({ max: 254 }) })
      .map(({ lag, node: peer, boot, evidence }) => {
        const direct = evidence - Math.min(lag, evidence);
        return { node: peer, boot, evidence, direct };
      }),
    { maxLength: 60 },
  ),
  listSeq: word,
  entries: fc.option(fc.array(entry, { maxLength: 300 }), { nil: undefined }),
});
