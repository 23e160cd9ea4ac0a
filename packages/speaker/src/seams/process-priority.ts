import { constants, setPriority } from 'node:os';

/**
 * Asks that this process run before others: a speaker that waits for its turn longer than its right lasts loses its addresses. It takes next to no
 * time itself. `false`: not permitted, which needs CAP_SYS_NICE.
 */
export function raisePriority(): boolean {
  try {
    setPriority(constants.priority.PRIORITY_ABOVE_NORMAL);
    return true;
  } catch {
    return false;
  }
}
