import { uint16, uint32, uint8 } from './bytes.ts';
import { CAPABILITY, type Capability, type GracefulRestartCapability } from './capability.ts';
import type { Writer } from './writer.ts';

/** R and N of the first four bits of a graceful restart capability (RFC 4724 §3, RFC 8538 §2), and F of a family's octet. */
const RESTARTING = 0x8000;
const NOTIFICATION_SURVIVED = 0x4000;
const RESTART_TIME = 0x0fff;
const FORWARDING = 0x80;

/** The capability of this code whose value is `bytes` from `at` to `end`. A value that its code does not allow makes it an unknown one. */
export function decodeCapability(
  code: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): Capability {
  return (
    READERS[code]?.(bytes, at, end - at) ?? { type: 'UNKNOWN', code, value: bytes.slice(at, end) }
  );
}

type Reader = (bytes: Uint8Array, at: number, length: number) => Capability | undefined;

function plain(type: 'ROUTE_REFRESH' | 'ENHANCED_ROUTE_REFRESH' | 'EXTENDED_MESSAGE'): Reader {
  return (_bytes, _at, length) => (length === 0 ? { type } : undefined);
}

const READERS: Readonly<Record<number, Reader>> = {
  [CAPABILITY.MULTIPROTOCOL]: (bytes, at, length) =>
    length === 4
      ? { type: 'MULTIPROTOCOL', afi: uint16(bytes, at), safi: uint8(bytes, at + 3) }
      : undefined,
  [CAPABILITY.ROUTE_REFRESH]: plain('ROUTE_REFRESH'),
  [CAPABILITY.EXTENDED_NEXT_HOP]: readExtendedNextHop,
  [CAPABILITY.EXTENDED_MESSAGE]: plain('EXTENDED_MESSAGE'),
  [CAPABILITY.GRACEFUL_RESTART]: readGracefulRestart,
  [CAPABILITY.FOUR_OCTET_AS]: (bytes, at, length) =>
    length === 4 ? { type: 'FOUR_OCTET_AS', asn: uint32(bytes, at) } : undefined,
  [CAPABILITY.ENHANCED_ROUTE_REFRESH]: plain('ENHANCED_ROUTE_REFRESH'),
};

function readExtendedNextHop(
  bytes: Uint8Array,
  at: number,
  length: number,
): Capability | undefined {
  if (length % 6 !== 0) return undefined;
  const tuples = Array.from({ length: length / 6 }, (_, index) => ({
    afi: uint16(bytes, at + index * 6),
    safi: uint16(bytes, at + index * 6 + 2),
    nextHopAfi: uint16(bytes, at + index * 6 + 4),
  }));
  return { type: 'EXTENDED_NEXT_HOP', tuples };
}

function readGracefulRestart(
  bytes: Uint8Array,
  at: number,
  length: number,
): GracefulRestartCapability | undefined {
  if (length % 4 !== 2) return undefined;
  const flags = uint16(bytes, at);
  const families = Array.from({ length: (length - 2) / 4 }, (_, index) => ({
    afi: uint16(bytes, at + 2 + index * 4),
    safi: uint8(bytes, at + 4 + index * 4),
    forwarding: (uint8(bytes, at + 5 + index * 4) & FORWARDING) !== 0,
  }));
  return {
    type: 'GRACEFUL_RESTART',
    restarting: (flags & RESTARTING) !== 0,
    notification: (flags & NOTIFICATION_SURVIVED) !== 0,
    restartTimeS: flags & RESTART_TIME,
    families,
  };
}

/** Writes code, length and value. `RangeError` where a value is longer than 255 bytes, or a number too large. */
export function encodeCapability(writer: Writer, capability: Capability): void {
  writer.uint8(capability.type === 'UNKNOWN' ? capability.code : CAPABILITY[capability.type]);
  const lengthAt = writer.at;
  writer.uint8(0);
  writeValue(writer, capability);
  writer.closeUint8(lengthAt);
}

function writeValue(writer: Writer, capability: Capability): void {
  switch (capability.type) {
    case 'MULTIPROTOCOL':
      writer.uint16(capability.afi);
      writer.uint8(0);
      writer.uint8(capability.safi);
      return;
    case 'EXTENDED_NEXT_HOP':
      for (const { afi, safi, nextHopAfi } of capability.tuples) {
        writer.uint16(afi);
        writer.uint16(safi);
        writer.uint16(nextHopAfi);
      }
      return;
    case 'GRACEFUL_RESTART':
      writeGracefulRestart(writer, capability);
      return;
    case 'FOUR_OCTET_AS':
      writer.uint32(capability.asn);
      return;
    case 'UNKNOWN':
      writer.raw(capability.value);
      return;
    default:
  }
}

function writeGracefulRestart(writer: Writer, capability: GracefulRestartCapability): void {
  const { restarting, notification, restartTimeS, families } = capability;
  if (!(restartTimeS <= RESTART_TIME)) {
    throw new RangeError(`a restart time is at most ${RESTART_TIME} s, not ${restartTimeS}`);
  }
  writer.uint16(
    (restarting ? RESTARTING : 0) | (notification ? NOTIFICATION_SURVIVED : 0) | restartTimeS,
  );
  for (const { afi, safi, forwarding } of families) {
    writer.uint16(afi);
    writer.uint8(safi);
    writer.uint8(forwarding ? FORWARDING : 0);
  }
}
