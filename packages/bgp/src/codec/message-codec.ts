import { writeAttributes, type EncodeOptions } from './attribute-encode.ts';
import type { DecodeOptions } from './attribute-rules.ts';
import { uint16, uint8 } from './bytes.ts';
import type { DecodedMessage, MessageFault } from './fault.ts';
import { FAMILIES } from './family.ts';
import { badLength, headerFault, lengthIn, typeIn } from './header.ts';
import {
  EXTENDED_MESSAGE_LENGTH_MAX,
  HEADER_LENGTH,
  MESSAGE_LENGTH_MAX,
  MESSAGE_TYPE,
  ROUTE_REFRESH_SUBTYPE,
  type BgpMessage,
  type NotificationMessage,
  type RouteRefreshMessage,
  type UpdateMessage,
} from './messages.ts';
import { writePrefixes } from './nlri.ts';
import { NOTIFICATION, ROUTE_REFRESH_ERROR } from './notification-codes.ts';
import { notificationOf } from './notification.ts';
import { decodeOpen, encodeOpen } from './open-codec.ts';
import { decodeUpdate } from './update-decode.ts';
import { Writer } from './writer.ts';

export type { DecodeOptions, EncodeOptions };

const ROUTE_REFRESH_LENGTH = HEADER_LENGTH + 4;

/** What is assumed where nothing has been negotiated: an external peer of today, both families, messages of the usual length. */
export const UNNEGOTIATED: DecodeOptions & EncodeOptions = {
  external: true,
  families: FAMILIES,
  fourOctetAs: true,
  receiveLengthMax: MESSAGE_LENGTH_MAX,
  sendLengthMax: MESSAGE_LENGTH_MAX,
};

/**
 * Reads one whole message, header included, such as `MessageFramer` gives it. Never throws, whatever the bytes; what it returns shares none of them.
 *
 * Reads an OPEN or KEEPALIVE the same whatever the options.
 */
export function decodeMessage(
  bytes: Uint8Array,
  options: DecodeOptions = UNNEGOTIATED,
): DecodedMessage {
  if (bytes.length < HEADER_LENGTH) return { ok: false, fault: badLength(bytes.length) };
  const fault = headerFault(bytes, 0, options.receiveLengthMax);
  if (fault !== undefined) return { ok: false, fault };
  if (lengthIn(bytes, 0) !== bytes.length) return { ok: false, fault: badLength(bytes.length) };
  switch (typeIn(bytes, 0)) {
    case MESSAGE_TYPE.OPEN:
      return decoded(decodeOpen(bytes));
    case MESSAGE_TYPE.UPDATE:
      return decodeUpdate(bytes, options);
    case MESSAGE_TYPE.NOTIFICATION:
      return decoded(decodeNotification(bytes));
    case MESSAGE_TYPE['ROUTE-REFRESH']:
      return decoded(decodeRouteRefresh(bytes));
    default:
      return decoded({ type: 'KEEPALIVE' });
  }
}

/**
 * Writes one whole message, header included.
 *
 * @throws RangeError the message cannot be written: longer than the peer takes, a number too large for its field, a text that is no address. `packUpdates`
 *   makes only UPDATEs that fit.
 */
export function encodeMessage(
  message: BgpMessage,
  options: EncodeOptions = UNNEGOTIATED,
): Uint8Array {
  writer.at = 0;
  writer.bytes.fill(0xff, 0, HEADER_LENGTH);
  writer.at = HEADER_LENGTH;
  writeBody(message, options);
  const isShort = message.type === 'OPEN' || message.type === 'KEEPALIVE';
  const bytes = writer.take(isShort ? MESSAGE_LENGTH_MAX : options.sendLengthMax);
  bytes[16] = bytes.length >>> 8;
  bytes[17] = bytes.length;
  bytes[18] = MESSAGE_TYPE[message.type];
  return bytes;
}

/** How many bytes these attributes have in a message, also where no message could hold them. @throws RangeError as {@link encodeMessage} */
export function attributesLength(
  attributes: UpdateMessage['attributes'],
  options: Pick<EncodeOptions, 'fourOctetAs'>,
): number {
  writer.at = 0;
  writeAttributes(writer, attributes, options);
  return writer.at;
}

/** A text that is the same for the same attributes in whatever order, and differs for others that a message can hold. @throws RangeError as {@link encodeMessage} */
export function attributesKey(attributes: UpdateMessage['attributes']): string {
  const length = attributesLength(attributes, { fourOctetAs: true });
  let key = `${length}:`;
  for (const byte of writer.bytes.subarray(0, length)) key += String.fromCharCode(byte);
  return key;
}

/** The last prefix of a message is written as a whole address, before it is cut to its length. */
const LOOSE_END = 16;

/** Used for one message at a time, from beginning to end. */
const writer: Writer = new Writer(EXTENDED_MESSAGE_LENGTH_MAX + LOOSE_END);

function writeBody(message: BgpMessage, options: EncodeOptions): void {
  switch (message.type) {
    case 'OPEN':
      encodeOpen(writer, message);
      return;
    case 'UPDATE':
      writeUpdate(message, options);
      return;
    case 'NOTIFICATION':
      writer.uint8(message.code);
      writer.uint8(message.subcode);
      writer.raw(message.data);
      return;
    case 'ROUTE-REFRESH':
      writer.uint16(message.afi);
      writer.uint8(message.subtype);
      writer.uint8(message.safi);
      return;
    default:
  }
}

function writeUpdate({ withdrawn, attributes, nlri }: UpdateMessage, options: EncodeOptions): void {
  const withdrawnAt = writer.at;
  writer.uint16(0);
  writePrefixes(writer, withdrawn, 'ipv4-unicast');
  writer.closeUint16(withdrawnAt);
  const attributesAt = writer.at;
  writer.uint16(0);
  writeAttributes(writer, attributes, options);
  writer.closeUint16(attributesAt);
  writePrefixes(writer, nlri, 'ipv4-unicast');
}

function decoded(read: BgpMessage | MessageFault): DecodedMessage {
  return 'reason' in read
    ? { ok: false, fault: read }
    : { ok: true, message: read, errors: NO_ERRORS };
}

const NO_ERRORS: readonly never[] = [];

function decodeNotification(bytes: Uint8Array): NotificationMessage {
  return {
    type: 'NOTIFICATION',
    code: uint8(bytes, HEADER_LENGTH),
    subcode: uint8(bytes, HEADER_LENGTH + 1),
    data: bytes.slice(HEADER_LENGTH + 2),
  };
}

function decodeRouteRefresh(bytes: Uint8Array): RouteRefreshMessage | MessageFault {
  const subtype = uint8(bytes, HEADER_LENGTH + 2);
  if (bytes.length !== ROUTE_REFRESH_LENGTH) {
    // The data is the whole message (RFC 7313 §5). Filters behind a request (RFC 5291) are never negotiated here.
    const { BEGINNING, ENDING } = ROUTE_REFRESH_SUBTYPE;
    if (subtype !== BEGINNING && subtype !== ENDING) return badLength(bytes.length);
    return {
      reason: 'route-refresh-length',
      notification: notificationOf(
        NOTIFICATION.ROUTE_REFRESH_MESSAGE_ERROR,
        ROUTE_REFRESH_ERROR.INVALID_MESSAGE_LENGTH,
        bytes,
      ),
    };
  }
  return {
    type: 'ROUTE-REFRESH',
    afi: uint16(bytes, HEADER_LENGTH),
    safi: uint8(bytes, HEADER_LENGTH + 3),
    subtype,
  };
}
