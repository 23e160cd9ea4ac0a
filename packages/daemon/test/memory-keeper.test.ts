import { describe, expect, test } from 'vitest';
import { MemoryKeeper } from '../src/memory-keeper.ts';

const MB = 2 ** 20;

/** A keeper over a heap that a test sets; a collection leaves 10 MB. */
function keeperOver(size: { used: number; taken: number }): { look(): void; collections: number } {
  const state = { look: (): void => keeper.look(), collections: 0 };
  const keeper = new MemoryKeeper({
    heap: () => ({ ...size }),
    collect: () => {
      state.collections++;
      size.used = 10 * MB;
      size.taken = 12 * MB;
    },
  });
  return state;
}

describe('a memory keeper', () => {
  test('collects once the heap has grown and rests, and not before', () => {
    const size = { used: 20 * MB, taken: 30 * MB };
    const keeper = keeperOver(size);
    keeper.look();
    size.used = 25 * MB;
    keeper.look();
    expect(keeper.collections).toBe(0);
    size.used += MB / 2;
    keeper.look();
    expect(keeper.collections).toBe(1);
  });

  test('leaves a heap alone that rests and stays as it was collected', () => {
    const size = { used: 20 * MB, taken: 30 * MB };
    const keeper = keeperOver(size);
    for (let i = 0; i < 10; i++) {
      keeper.look();
      size.used += MB / 10;
    }
    expect(keeper.collections).toBe(1);
  });

  test('collects again after the next burst', () => {
    const size = { used: 20 * MB, taken: 30 * MB };
    const keeper = keeperOver(size);
    keeper.look();
    keeper.look();
    size.used = 40 * MB;
    size.taken = 45 * MB;
    keeper.look();
    keeper.look();
    expect(keeper.collections).toBe(2);
  });

  test('collects where no calm comes, at every fifth look', () => {
    const size = { used: 20 * MB, taken: 30 * MB };
    const keeper = keeperOver(size);
    const collections: number[] = [];
    for (let i = 0; i < 10; i++) {
      size.used += 5 * MB;
      size.taken += 5 * MB;
      keeper.look();
      collections.push(keeper.collections);
    }
    expect(collections).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2]);
  });

  test('that collected where no calm came does so once more when it has come, however little there is', () => {
    const size = { used: 20 * MB, taken: 30 * MB };
    const keeper = keeperOver(size);
    for (let i = 0; i < 5; i++) {
      size.used += 5 * MB;
      keeper.look();
    }
    expect(keeper.collections).toBe(1);
    for (let i = 0; i < 5; i++) keeper.look();
    expect(keeper.collections).toBe(2);
  });
});
