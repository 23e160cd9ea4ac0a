import type { NotificationMessage } from '../codec/messages.ts';
import { CEASE, FSM_ERROR, NOTIFICATION } from '../codec/notification-codes.ts';

/** The longest reason of a shutdown, in bytes (RFC 9003 §2). */
const SHUTDOWN_MESSAGE_BYTES_MAX = 255;

/** A NOTIFICATION of this code. */
export function notificationOf(
  code: number,
  subcode: number = 0,
  data: Uint8Array = new Uint8Array(),
): NotificationMessage {
  return { type: 'NOTIFICATION', code, subcode, data };
}

/** A Cease of this subcode of {@link CEASE}. */
export function cease(subcode: number, data: Uint8Array = new Uint8Array()): NotificationMessage {
  return notificationOf(NOTIFICATION.CEASE, subcode, data);
}

/** Administrative Shutdown with a reason for people (RFC 9003): what does not fit into 255 bytes of UTF-8 is cut off between characters. */
export function shutdownNotification(reason: string): NotificationMessage {
  const subcode = CEASE.ADMINISTRATIVE_SHUTDOWN;
  if (reason === '') return cease(subcode);
  const text = new Uint8Array(SHUTDOWN_MESSAGE_BYTES_MAX);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return cease(subcode, Uint8Array.of(written, ...text.subarray(0, written)));
}

/** Tells a peer that might keep routes after a NOTIFICATION to keep none (RFC 8538 §3.1). */
export function hardReset({ code, subcode, data }: NotificationMessage): NotificationMessage {
  return cease(CEASE.HARD_RESET, Uint8Array.of(code, subcode, ...data));
}

/** Whether this is a Hard Reset. */
export function isHardReset({ code, subcode }: NotificationMessage): boolean {
  return code === NOTIFICATION.CEASE && subcode === CEASE.HARD_RESET;
}

/**
 * Whether it is the connection that the peer does not want, not us: there is another, or it rests in Idle. Two that took this for an error would rest in turns,
 * each refusing the other, for ever.
 */
export function isOfTheConnection({ code, subcode }: NotificationMessage): boolean {
  return (
    code === NOTIFICATION.CEASE &&
    (subcode === CEASE.CONNECTION_COLLISION_RESOLUTION || subcode === CEASE.CONNECTION_REJECTED)
  );
}

/** A message that does not belong into the state (RFC 6608). */
export function unexpectedIn(
  stage: 'delaying' | 'OpenSent' | 'OpenConfirm' | 'Established',
): NotificationMessage {
  const subcode = {
    delaying: 0,
    OpenSent: FSM_ERROR.UNEXPECTED_MESSAGE_IN_OPENSENT,
    OpenConfirm: FSM_ERROR.UNEXPECTED_MESSAGE_IN_OPENCONFIRM,
    Established: FSM_ERROR.UNEXPECTED_MESSAGE_IN_ESTABLISHED,
  }[stage];
  return notificationOf(NOTIFICATION.FINITE_STATE_MACHINE_ERROR, subcode);
}
