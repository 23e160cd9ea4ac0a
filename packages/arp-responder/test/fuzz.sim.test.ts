// Runs arbitrary and mutated frames through every decoder: 100,000 of them, or as many as FUZZ_FRAMES says. SEED replays a run.
import { seededRandom, seedFromEnvironment } from '@picluster/testkit';
import { expect, test } from 'vitest';
import {
  Responder,
  answerEcho,
  announcement,
  decodeArp,
  decodeClaim,
  decodeEthernet,
  decodeIcmp,
  decodeIcmpv6,
  decodeIpv4,
  decodeIpv6,
  decodeNdp,
  decodeNeighborFrame,
  decodeRouterFrame,
  decodeRouterMessage,
  encodeIcmpv6,
  probe,
  respond,
  routerAdvertisement,
  routerSolicitation,
  type LinkListener,
  type ResponderDeps,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, ip, solicitation, toHex } from './frames.ts';

const seed = seedFromEnvironment(1);
const random = seededRandom(seed);
const frames = Number(process.env['FUZZ_FRAMES'] ?? 100_000);
/** Ten times what a busy machine takes: only to stop a run that hangs. */
const MICROSECONDS_A_FRAME = 1000;

const [V4, V6] = ['192.0.2.10', 'fc00:f853:ccd:e799::1'];
const GOLDEN: readonly Uint8Array[] = [
  arpRequest(V4),
  arpRequest('192.0.2.1', { senderIp: V4 }),
  solicitation(V6),
  solicitation(V6, { source: '::', options: [] }),
  probe(ip(V4), ASKER_MAC),
  probe(ip(V6), ASKER_MAC),
  ...announcement(ip(V4), ASKER_MAC),
  ...announcement(ip(V6), ASKER_MAC),
  // Echo requests to both, from 192.0.2.99 and from fe80::99.
  hex(
    '020000000001 020000000099 0800' +
      '45 00 001e 0007 4000 40 01 b66a c0000263 c000020a 08 00 b599 1234 0001 3031',
  ),
  hex(
    `020000000001 020000000099 86dd 60000000 000a 3a 40 fe800000000000000000000000000099 ${toHex(ip(V6))}` +
      '80 00 0000 1234 0001 3031',
  ),
  routerAdvertisement(ip('fe80::99'), ASKER_MAC),
  routerSolicitation(ip('fe80::99'), ASKER_MAC),
  hex(`ffffffffffff 020000000099 8100 6007 0806 ${'00'.repeat(28)}`),
];
const NOTHING = new Uint8Array();
const ETHERTYPES = [0x0806, 0x86dd, 0x8100, 0x0800, 0x05dc];

const upTo = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(among: readonly T[]): T => among[upTo(among.length)] as T;

function arbitrary(): Uint8Array {
  const frame = new Uint8Array(upTo(140));
  for (let at = 0; at < frame.length; at++) frame[at] = upTo(256);
  if (frame.length >= 14) new DataView(frame.buffer).setUint16(12, pick(ETHERTYPES));
  return frame;
}

/** A good frame, some bytes of which are others, cut off, made longer, or continued with another's end. */
function mutated(): Uint8Array {
  const golden = pick(GOLDEN);
  const other = pick(GOLDEN);
  const cut = upTo(4) === 0 ? upTo(golden.length + 1) : golden.length;
  const tail = upTo(4) === 0 ? other.subarray(upTo(other.length)) : NOTHING;
  const frame = new Uint8Array(cut + tail.length);
  frame.set(golden.subarray(0, cut));
  frame.set(tail, cut);
  for (let changes = upTo(5); changes > 0 && frame.length > 0; changes--) {
    const at = upTo(frame.length);
    frame[at] = upTo(2) === 0 ? upTo(256) : (frame[at] ?? 0) ^ (1 << upTo(8));
  }
  if (upTo(2) === 0) mendChecksum(frame);
  return frame;
}

/** So that more than the first test of ICMPv6 is reached. */
function mendChecksum(frame: Uint8Array): void {
  const ipv6 = decodeIpv6(frame.subarray(14));
  if (typeof ipv6 === 'string' || ipv6.payload.length < 4) return;
  const [type = 0, code = 0] = ipv6.payload;
  ipv6.payload.set(encodeIcmpv6({ type, code, body: ipv6.payload.subarray(4) }, ipv6));
}

const ENDS = { source: ip('fe80::99'), destination: ip(V6) };
const DECODERS: Readonly<Record<string, (frame: Uint8Array) => unknown>> = {
  decodeEthernet,
  decodeArp: (frame) => decodeArp(frame.subarray(14)),
  decodeIpv6: (frame) => decodeIpv6(frame.subarray(14)),
  decodeIpv4: (frame) => decodeIpv4(frame.subarray(14)),
  decodeIcmp: (frame) => decodeIcmp(frame.subarray(34)),
  decodeIcmpv6: (frame) => {
    const ipv6 = decodeIpv6(frame.subarray(14));
    return typeof ipv6 === 'string' ? decodeIcmpv6(frame, ENDS) : decodeIcmpv6(ipv6.payload, ipv6);
  },
  decodeNdp: (frame) =>
    decodeNdp({
      type: 135 + ((frame[0] ?? 0) & 1),
      code: (frame[1] ?? 0) & 1,
      body: frame.subarray(2),
    }),
  decodeNeighborFrame,
  decodeRouterMessage: (frame) =>
    decodeRouterMessage({
      type: 133 + ((frame[0] ?? 0) & 1),
      code: (frame[1] ?? 0) & 1,
      body: frame.subarray(2),
    }),
  decodeRouterFrame,
  decodeClaim,
  answerEcho: (frame) => answerEcho(frame, OUR_MAC, { check: () => 'granted' }),
  respond: (frame) => respond(frame, OUR_MAC, { check: () => 'granted' }),
};

/** A responder that owns both addresses, and nothing but the frames that it is given. */
function listenerOfResponder(): LinkListener {
  let listener: LinkListener | undefined;
  const deps: ResponderDeps = {
    clock: { nowMs: () => 0, timer: () => ({ [Symbol.dispose]: () => {} }) },
    conflicts: { isOurs: () => false, conflict: () => {}, cleared: () => {} },
    link: {
      interfaceName: 'eth0',
      mac: OUR_MAC,
      up: true,
      listen: (given) => void (listener = given),
      watch: () => {},
      nowMs: () => 0,
      send: () => 'sent',
      close: () => {},
    },
  };
  const responder = new Responder(deps, { echoPerSecond: 1000 });
  responder.start();
  for (const address of [V4, V6]) responder.own(address, Infinity, { fresh: true });
  if (listener === undefined) throw new Error('it does not listen');
  return listener;
}

test(
  `every decoder reads ${frames} arbitrary and mutated frames without throwing`,
  () => {
    const listener = listenerOfResponder();
    const decoders = Object.entries(DECODERS);
    const accepted = decoders.map(() => 0);
    for (let count = 0; count < frames; count++) {
      const frame = upTo(3) === 0 ? arbitrary() : mutated();
      try {
        for (const [at, [, decode]] of decoders.entries()) {
          if (typeof decode(frame) !== 'string') accepted[at] = (accepted[at] ?? 0) + 1;
        }
        listener.onFrame(frame, false);
      } catch (error) {
        const hexadecimal = Buffer.from(frame).toString('hex');
        throw new Error(`seed ${seed}, frame ${count}: ${hexadecimal}`, { cause: error });
      }
    }
    // A run that never gets past the first check, or always does, proves nothing.
    for (const [at, [name]] of decoders.entries()) {
      expect(accepted[at], name).toBeGreaterThan(frames / 1000);
      expect(accepted[at], name).toBeLessThan(frames * 0.99);
    }
  },
  60_000 + (frames * MICROSECONDS_A_FRAME) / 1000,
);
