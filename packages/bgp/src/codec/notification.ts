import { uint16, uint32, uint8 } from './bytes.ts';
import type { NotificationMessage } from './messages.ts';
import {
  CEASE,
  FSM_ERROR,
  HEADER_ERROR,
  NOTIFICATION,
  OPEN_ERROR,
  ROUTE_REFRESH_ERROR,
  UPDATE_ERROR,
} from './notification-codes.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** So much a NOTIFICATION can carry to every peer. */
const DATA_LENGTH_MAX = 4096 - 21;
/** The length of a shutdown communication is one octet (RFC 9003 §2). */
const COMMUNICATION_LENGTH_MAX = 255;

interface CodeNames {
  readonly name: string;
  readonly subcodes: Readonly<Record<number, string>>;
}

const NAMES: Readonly<Record<number, CodeNames>> = {
  [NOTIFICATION.MESSAGE_HEADER_ERROR]: {
    name: 'Message Header Error',
    subcodes: {
      [HEADER_ERROR.CONNECTION_NOT_SYNCHRONIZED]: 'Connection Not Synchronized',
      [HEADER_ERROR.BAD_MESSAGE_LENGTH]: 'Bad Message Length',
      [HEADER_ERROR.BAD_MESSAGE_TYPE]: 'Bad Message Type',
    },
  },
  [NOTIFICATION.OPEN_MESSAGE_ERROR]: {
    name: 'OPEN Message Error',
    subcodes: {
      [OPEN_ERROR.UNSUPPORTED_VERSION_NUMBER]: 'Unsupported Version Number',
      [OPEN_ERROR.BAD_PEER_AS]: 'Bad Peer AS',
      [OPEN_ERROR.BAD_BGP_IDENTIFIER]: 'Bad BGP Identifier',
      [OPEN_ERROR.UNSUPPORTED_OPTIONAL_PARAMETER]: 'Unsupported Optional Parameter',
      [OPEN_ERROR.UNACCEPTABLE_HOLD_TIME]: 'Unacceptable Hold Time',
      [OPEN_ERROR.UNSUPPORTED_CAPABILITY]: 'Unsupported Capability',
      [OPEN_ERROR.ROLE_MISMATCH]: 'Role Mismatch',
    },
  },
  [NOTIFICATION.UPDATE_MESSAGE_ERROR]: {
    name: 'UPDATE Message Error',
    subcodes: {
      [UPDATE_ERROR.MALFORMED_ATTRIBUTE_LIST]: 'Malformed Attribute List',
      [UPDATE_ERROR.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE]: 'Unrecognized Well-known Attribute',
      [UPDATE_ERROR.MISSING_WELL_KNOWN_ATTRIBUTE]: 'Missing Well-known Attribute',
      [UPDATE_ERROR.ATTRIBUTE_FLAGS_ERROR]: 'Attribute Flags Error',
      [UPDATE_ERROR.ATTRIBUTE_LENGTH_ERROR]: 'Attribute Length Error',
      [UPDATE_ERROR.INVALID_ORIGIN_ATTRIBUTE]: 'Invalid ORIGIN Attribute',
      [UPDATE_ERROR.INVALID_NEXT_HOP_ATTRIBUTE]: 'Invalid NEXT_HOP Attribute',
      [UPDATE_ERROR.OPTIONAL_ATTRIBUTE_ERROR]: 'Optional Attribute Error',
      [UPDATE_ERROR.INVALID_NETWORK_FIELD]: 'Invalid Network Field',
      [UPDATE_ERROR.MALFORMED_AS_PATH]: 'Malformed AS_PATH',
    },
  },
  [NOTIFICATION.HOLD_TIMER_EXPIRED]: { name: 'Hold Timer Expired', subcodes: {} },
  [NOTIFICATION.FINITE_STATE_MACHINE_ERROR]: {
    name: 'Finite State Machine Error',
    subcodes: {
      [FSM_ERROR.UNEXPECTED_MESSAGE_IN_OPENSENT]: 'Unexpected Message in OpenSent',
      [FSM_ERROR.UNEXPECTED_MESSAGE_IN_OPENCONFIRM]: 'Unexpected Message in OpenConfirm',
      [FSM_ERROR.UNEXPECTED_MESSAGE_IN_ESTABLISHED]: 'Unexpected Message in Established',
    },
  },
  [NOTIFICATION.CEASE]: {
    name: 'Cease',
    subcodes: {
      [CEASE.MAXIMUM_NUMBER_OF_PREFIXES_REACHED]: 'Maximum Number of Prefixes Reached',
      [CEASE.ADMINISTRATIVE_SHUTDOWN]: 'Administrative Shutdown',
      [CEASE.PEER_DE_CONFIGURED]: 'Peer De-configured',
      [CEASE.ADMINISTRATIVE_RESET]: 'Administrative Reset',
      [CEASE.CONNECTION_REJECTED]: 'Connection Rejected',
      [CEASE.OTHER_CONFIGURATION_CHANGE]: 'Other Configuration Change',
      [CEASE.CONNECTION_COLLISION_RESOLUTION]: 'Connection Collision Resolution',
      [CEASE.OUT_OF_RESOURCES]: 'Out of Resources',
      [CEASE.HARD_RESET]: 'Hard Reset',
      [CEASE.BFD_DOWN]: 'BFD Down',
    },
  },
  [NOTIFICATION.ROUTE_REFRESH_MESSAGE_ERROR]: {
    name: 'ROUTE-REFRESH Message Error',
    subcodes: { [ROUTE_REFRESH_ERROR.INVALID_MESSAGE_LENGTH]: 'Invalid Message Length' },
  },
  [NOTIFICATION.SEND_HOLD_TIMER_EXPIRED]: { name: 'Send Hold Timer Expired', subcodes: {} },
};

/** A NOTIFICATION. Of the data it keeps a copy, and no more than every peer takes. */
export function notificationOf(
  code: number,
  subcode = 0,
  data: Uint8Array = new Uint8Array(),
): NotificationMessage {
  return { type: 'NOTIFICATION', code, subcode, data: data.slice(0, DATA_LENGTH_MAX) };
}

/**
 * Cease for an administrative shutdown or reset, with words for the peer's operator (RFC 9003): at most 255 bytes of UTF-8, what is beyond is left out.
 */
export function shutdownNotification(
  communication = '',
  subcode:
    | typeof CEASE.ADMINISTRATIVE_SHUTDOWN
    | typeof CEASE.ADMINISTRATIVE_RESET = CEASE.ADMINISTRATIVE_SHUTDOWN,
): NotificationMessage {
  if (communication === '') return notificationOf(NOTIFICATION.CEASE, subcode);
  const text = encodeUtf8(communication, COMMUNICATION_LENGTH_MAX);
  return notificationOf(NOTIFICATION.CEASE, subcode, Uint8Array.of(text.length, ...text));
}

/**
 * The words of a peer's operator in an administrative shutdown or reset, or `undefined` where there are none. They are the peer's: escape them where they
 * are shown, as {@link explainNotification} does.
 */
export function shutdownCommunicationOf({
  code,
  subcode,
  data,
}: NotificationMessage): string | undefined {
  const shutdown =
    subcode === CEASE.ADMINISTRATIVE_SHUTDOWN || subcode === CEASE.ADMINISTRATIVE_RESET;
  if (code !== NOTIFICATION.CEASE || !shutdown || data.length === 0) return undefined;
  const length = uint8(data, 0);
  if (length === 0 || length > data.length - 1) return undefined;
  return decodeUtf8(data.subarray(1, 1 + length));
}

/** The same NOTIFICATION as one that graceful restart must not survive (RFC 8538 §3). */
export function hardReset({ code, subcode, data }: NotificationMessage): NotificationMessage {
  return notificationOf(
    NOTIFICATION.CEASE,
    CEASE.HARD_RESET,
    Uint8Array.of(code, subcode, ...data),
  );
}

/** The NOTIFICATION inside a Hard Reset; `undefined` where this is none, or has none. */
export function hardResetOf({
  code,
  subcode,
  data,
}: NotificationMessage): NotificationMessage | undefined {
  const isHardReset = code === NOTIFICATION.CEASE && subcode === CEASE.HARD_RESET;
  if (!isHardReset || data.length < 2) return undefined;
  return notificationOf(uint8(data, 0), uint8(data, 1), data.subarray(2));
}

/** A line for the log: the names of code and subcode, and what the data says. Short and safe to print whatever the peer sent. */
export function explainNotification(message: NotificationMessage): string {
  const inner = hardResetOf(message);
  const data = inner === undefined ? dataOf(message) : `: ${namesOf(inner)}${dataOf(inner)}`;
  return namesOf(message) + data;
}

function namesOf({ code, subcode }: NotificationMessage): string {
  const known = NAMES[code];
  if (known === undefined) return `error code ${code}, subcode ${subcode}`;
  const name = known.subcodes[subcode] ?? (subcode === 0 ? undefined : `subcode ${subcode}`);
  return name === undefined ? known.name : `${known.name}, ${name}`;
}

function dataOf(message: NotificationMessage): string {
  const { code, subcode, data } = message;
  if (data.length === 0) return '';
  const communication = shutdownCommunicationOf(message);
  if (communication !== undefined) return `: ${JSON.stringify(communication)}`;
  return `: ${NUMBERS[`${code}/${subcode}/${data.length}`]?.(data) ?? hexOf(data)}`;
}

/** Data that is numbers, by code, subcode and length. */
const NUMBERS: Readonly<Record<string, (data: Uint8Array) => string>> = {
  '1/2/2': (data) => `length ${uint16(data, 0)}`,
  '1/3/1': (data) => `type ${uint8(data, 0)}`,
  '2/1/2': (data) => `version ${uint16(data, 0)} is the largest`,
  '3/3/1': (data) => `type ${uint8(data, 0)}`,
  '6/1/7': (data) => `AFI ${uint16(data, 0)}, SAFI ${uint8(data, 2)}, at most ${uint32(data, 3)}`,
};

/** So much of data that nobody can read is shown. */
const SHOWN_LENGTH_MAX = 32;

function hexOf(data: Uint8Array): string {
  const shown = Array.from(data.subarray(0, SHOWN_LENGTH_MAX), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return data.length > SHOWN_LENGTH_MAX ? `${shown}… (${data.length} bytes)` : shown;
}
