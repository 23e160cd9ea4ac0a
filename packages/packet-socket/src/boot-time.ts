import { loadAddon } from './addon.ts';

/**
 * Milliseconds since the machine was started, its sleep included (CLOCK_BOOTTIME): the clock that sockets judge by, and the same in every process of the
 * machine, but for those that were put into another time namespace. Throws `PacketSocketError` where there is no addon for this machine.
 */
export function bootTimeMs(): number {
  return loadAddon().nowMs();
}
