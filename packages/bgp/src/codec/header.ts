import { uint16, uint8 } from './bytes.ts';
import type { MessageFault } from './fault.ts';
import { HEADER_LENGTH, MESSAGE_LENGTH_MAX, MESSAGE_TYPE } from './messages.ts';
import { HEADER_ERROR, NOTIFICATION } from './notification-codes.ts';
import { notificationOf } from './notification.ts';

const MARKER_LENGTH = 16;
const TYPE_AT = 18;

/** The shortest and the longest that each type may be (RFC 4271 §6.1, RFC 8654 §4); a refresh of another length than 23 has its own error. */
const LENGTHS: Readonly<Record<number, readonly [min: number, max: number]>> = {
  [MESSAGE_TYPE.OPEN]: [29, MESSAGE_LENGTH_MAX],
  [MESSAGE_TYPE.UPDATE]: [23, Infinity],
  [MESSAGE_TYPE.NOTIFICATION]: [21, Infinity],
  [MESSAGE_TYPE.KEEPALIVE]: [19, 19],
  [MESSAGE_TYPE['ROUTE-REFRESH']]: [23, Infinity],
};

/** The length that a header states. Its 19 bytes must be there. */
export function lengthIn(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at + MARKER_LENGTH);
}

/** The type that a header states. */
export function typeIn(bytes: Uint8Array, at: number): number {
  return uint8(bytes, at + TYPE_AT);
}

/** What is wrong with the header at `at`, whose 19 bytes must be there (RFC 4271 §6.1). */
export function headerFault(
  bytes: Uint8Array,
  at: number,
  lengthMax: number,
): MessageFault | undefined {
  for (let index = at; index < at + MARKER_LENGTH; index++) {
    if (bytes[index] !== 0xff) {
      return {
        reason: 'bad-marker',
        notification: notificationOf(
          NOTIFICATION.MESSAGE_HEADER_ERROR,
          HEADER_ERROR.CONNECTION_NOT_SYNCHRONIZED,
        ),
      };
    }
  }
  const length = lengthIn(bytes, at);
  const type = typeIn(bytes, at);
  const limits = LENGTHS[type];
  const [min, max] = limits ?? [HEADER_LENGTH, lengthMax];
  if (length < min || length > Math.min(max, lengthMax)) return badLength(length);
  if (limits !== undefined) return undefined;
  return {
    reason: 'bad-type',
    notification: notificationOf(
      NOTIFICATION.MESSAGE_HEADER_ERROR,
      HEADER_ERROR.BAD_MESSAGE_TYPE,
      Uint8Array.of(type),
    ),
  };
}

/** A message of the wrong length. */
export function badLength(length: number): MessageFault {
  return {
    reason: 'bad-length',
    notification: notificationOf(
      NOTIFICATION.MESSAGE_HEADER_ERROR,
      HEADER_ERROR.BAD_MESSAGE_LENGTH,
      Uint8Array.of(length >>> 8, length),
    ),
  };
}
