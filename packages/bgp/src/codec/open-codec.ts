import { ipv4At } from './address.ts';
import { uint16, uint8 } from './bytes.ts';
import { decodeCapability, encodeCapability } from './capability-codec.ts';
import type { Capability } from './capability.ts';
import type { MessageFault, OpenFaultReason } from './fault.ts';
import { HEADER_LENGTH, type OpenMessage } from './messages.ts';
import { NOTIFICATION, OPEN_ERROR } from './notification-codes.ts';
import { notificationOf } from './notification.ts';
import type { Writer } from './writer.ts';

const VERSION = 4;
/** The only optional parameter there is (RFC 5492 §4). */
const CAPABILITIES_PARAMETER = 2;
/** In the place of a parameter's type: lengths have two octets (RFC 9072 §2). */
const EXTENDED_LENGTH = 255;
/** RFC 4271 §4.2: zero, or at least three seconds. */
const HOLD_TIME_MIN_S = 3;

const OFFSET = {
  version: HEADER_LENGTH,
  myAs: HEADER_LENGTH + 1,
  holdTime: HEADER_LENGTH + 3,
  bgpIdentifier: HEADER_LENGTH + 5,
  parametersLength: HEADER_LENGTH + 9,
  parameters: HEADER_LENGTH + 10,
} as const;

/** Reads an OPEN whose header and length are right. */
export function decodeOpen(bytes: Uint8Array): OpenMessage | MessageFault {
  if (uint8(bytes, OFFSET.version) !== VERSION) {
    const supported = Uint8Array.of(0, VERSION);
    return fault('open-version', OPEN_ERROR.UNSUPPORTED_VERSION_NUMBER, supported);
  }
  const capabilities = readParameters(bytes);
  if ('reason' in capabilities) return capabilities;
  const open: OpenMessage = {
    type: 'OPEN',
    myAs: uint16(bytes, OFFSET.myAs),
    holdTimeS: uint16(bytes, OFFSET.holdTime),
    bgpIdentifier: ipv4At(bytes, OFFSET.bgpIdentifier),
    capabilities,
  };
  return faultIn(open) ?? open;
}

/** Writes what follows the header. */
export function encodeOpen(writer: Writer, open: OpenMessage): void {
  writer.uint8(VERSION);
  writer.uint16(open.myAs);
  writer.uint16(open.holdTimeS);
  writer.ipv4(open.bgpIdentifier);
  const lengthAt = writer.at;
  writer.uint8(0);
  if (open.capabilities.length === 0) return;
  // One parameter for all; whether its length fits into an octet shows when it is written.
  writer.uint16(CAPABILITIES_PARAMETER << 8);
  for (const capability of open.capabilities) encodeCapability(writer, capability);
  if (writer.at - lengthAt - 1 <= 0xff) {
    writer.closeUint8(lengthAt + 2);
    writer.closeUint8(lengthAt);
    return;
  }
  writer.at = lengthAt;
  writer.uint16((EXTENDED_LENGTH << 8) | EXTENDED_LENGTH);
  writer.uint16(0);
  writer.uint8(CAPABILITIES_PARAMETER);
  writer.uint16(0);
  for (const capability of open.capabilities) encodeCapability(writer, capability);
  writer.closeUint16(lengthAt + 5);
  writer.closeUint16(lengthAt + 2);
}

function faultIn(open: OpenMessage): MessageFault | undefined {
  const { holdTimeS } = open;
  const asIsZero = open.capabilities.some((one) => one.type === 'FOUR_OCTET_AS' && one.asn === 0);
  if (asIsZero || open.myAs === 0) return fault('open-as-zero', OPEN_ERROR.BAD_PEER_AS);
  if (open.bgpIdentifier === '0.0.0.0') {
    return fault('open-bgp-identifier', OPEN_ERROR.BAD_BGP_IDENTIFIER);
  }
  if (holdTimeS !== 0 && holdTimeS < HOLD_TIME_MIN_S) {
    return fault('open-hold-time', OPEN_ERROR.UNACCEPTABLE_HOLD_TIME);
  }
  return undefined;
}

/** The capabilities of all parameters. */
function readParameters(bytes: Uint8Array): Capability[] | MessageFault {
  let at: number = OFFSET.parameters;
  let lengthSize = 1;
  let end = at + uint8(bytes, OFFSET.parametersLength);
  if (end > at && bytes.length > at && uint8(bytes, at) === EXTENDED_LENGTH) {
    if (bytes.length < at + 3) return fault('open-malformed', 0);
    end = at + 3 + uint16(bytes, at + 1);
    at += 3;
    lengthSize = 2;
  }
  if (end !== bytes.length) return fault('open-malformed', 0);
  const capabilities: Capability[] = [];
  while (at < end) {
    const valueAt = at + 1 + lengthSize;
    if (valueAt > end) return fault('open-malformed', 0);
    const type = uint8(bytes, at);
    at = valueAt + (lengthSize === 1 ? uint8(bytes, valueAt - 1) : uint16(bytes, valueAt - 2));
    if (at > end) return fault('open-malformed', 0);
    if (type !== CAPABILITIES_PARAMETER) {
      return fault('open-optional-parameter', OPEN_ERROR.UNSUPPORTED_OPTIONAL_PARAMETER);
    }
    if (!readCapabilities(bytes, valueAt, at, capabilities)) return fault('open-malformed', 0);
  }
  return capabilities;
}

/** Adds the capabilities of one parameter to `into`; `false` where they do not end with it. */
function readCapabilities(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Capability[],
): boolean {
  let at = from;
  while (at < end) {
    if (at + 2 > end) return false;
    const valueAt = at + 2;
    const next = valueAt + uint8(bytes, at + 1);
    if (next > end) return false;
    into.push(decodeCapability(uint8(bytes, at), bytes, valueAt, next));
    at = next;
  }
  return true;
}

function fault(reason: OpenFaultReason, subcode: number, data?: Uint8Array): MessageFault {
  return { reason, notification: notificationOf(NOTIFICATION.OPEN_MESSAGE_ERROR, subcode, data) };
}
