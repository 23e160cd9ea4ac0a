import type { NotificationMessage } from '../codec/messages.ts';
import { CEASE, FSM_ERROR, NOTIFICATION } from '../codec/notification-codes.ts';
import { notificationOf } from '../codec/notification.ts';

/** A Cease of this subcode of {@link CEASE}. */
export function cease(subcode: number, data?: Uint8Array): NotificationMessage {
  return notificationOf(NOTIFICATION.CEASE, subcode, data);
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
