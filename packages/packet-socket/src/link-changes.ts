import { loadAddon, SLOT_HEAD_BYTES, type Addon } from './addon.ts';
import { errorOfAddon } from './packet-socket-error.ts';

const SLOTS = 32;
/** What the messages say is not read: that there was one is enough. */
const SLOT_BYTES = 64;

/**
 * Calls `changed` soon after interfaces of this network namespace appeared, changed or went away: once for all changes that wait, and also
 * where the kernel had to drop some. Addresses are no part of it. Throws {@link PacketSocketError}. It keeps the process alive until it is
 * disposed of.
 */
export function watchLinks(changed: () => void, addon: Addon = loadAddon()): Disposable {
  let closed = false;
  // The buffer is the addon's for as long as the handle lives; the callback keeps a reference to it.
  const slab = new Uint8Array(SLOTS * (SLOT_HEAD_BYTES + SLOT_BYTES));
  const onWake = (count: number): void => {
    // Above 0: more may wait. 0: that was all. Below: some were lost.
    if (count <= 0 && !closed) changed();
  };
  try {
    const handle = addon.openLinkEvents(SLOTS, slab, onWake);
    return {
      [Symbol.dispose]: () => {
        if (closed) return;
        closed = true;
        addon.close(handle);
      },
    };
  } catch (error) {
    throw errorOfAddon(error, undefined);
  }
}
