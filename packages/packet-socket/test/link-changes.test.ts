import { describe, expect, test } from 'vitest';
import type { Addon, AddonCallback, AddonHandle } from '../src/addon.ts';
import { watchLinks } from '../src/link-changes.ts';
import { PacketSocketError } from '../src/packet-socket-error.ts';

const handle = {} as AddonHandle;

describe('the watch over all links', () => {
  test('tells once for all messages that wait, also when some were lost, and nothing after its end', () => {
    let wake: AddonCallback = () => {};
    const closed: AddonHandle[] = [];
    const addon = {
      openLinkEvents: (_slots: number, _slab: Uint8Array, callback: AddonCallback) => {
        wake = callback;
        return handle;
      },
      close: (each: AddonHandle) => void closed.push(each),
    } as unknown as Addon;
    let changes = 0;
    const watch = watchLinks(() => changes++, addon);
    for (const count of [32, 7, 0]) wake(count, 0);
    expect(changes).toBe(1);
    wake(-105, 0);
    expect(changes).toBe(2);
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    wake(0, 0);
    expect(changes).toBe(2);
    expect(closed).toEqual([handle]);
  });

  test('that the system refuses is told as an error of this package', () => {
    const refused = Object.assign(new Error('no'), { errno: -24, syscall: 'socket' });
    const addon = {
      openLinkEvents: () => {
        throw refused;
      },
    } as unknown as Addon;
    expect(() => watchLinks(() => {}, addon)).toThrow(PacketSocketError);
  });
});
