import { describe, expect, test } from 'vitest';
import { bookPools, EMPTY_BOOK, type PoolBook } from '../src/pool-book.ts';
import { poolOf } from './fixtures.ts';

const old = '2026-01-01T00:00:00Z';
const young = '2026-02-02T00:00:00Z';

/** Name and entries of what is in force, then who is refused. */
function summary({ booked, refused }: PoolBook): string {
  const inForce = [...booked]
    .map(([name, { spec }]) => `${name} ${spec.addresses.join(',')}`)
    .toSorted();
  const not = refused.map(
    ({ name, lastGoodStays }) => `${name} ${lastGoodStays ? 'stays as it was' : 'is out'}`,
  );
  return [...inForce, ...not].join('; ');
}

describe('the pools in force', () => {
  const first = bookPools(EMPTY_BOOK, [
    poolOf('a', { addresses: ['10.0.0.0/24'] }, old),
    poolOf('b', { addresses: ['10.0.1.0/24'] }, old),
  ]);

  test('are all that make sense', () => {
    expect(summary(first)).toBe('a 10.0.0.0/24; b 10.0.1.0/24');
  });

  test('leave out one that makes no sense, and say why', () => {
    const book = bookPools(EMPTY_BOOK, [
      poolOf('a', { addresses: ['10.0.0.0/33'] }),
      poolOf('b', { addresses: ['10.0.1.0/24'] }),
    ]);
    expect(summary(book)).toBe('b 10.0.1.0/24; a is out');
    expect(book.refused[0]?.problem).toContain('the prefix length is at most 32');
  });

  test('of two that overlap are the older one', () => {
    const pools = [
      poolOf('a', { addresses: ['10.0.0.0/24'] }, young),
      poolOf('z', { addresses: ['10.0.0.0/16'] }, old),
    ];
    expect(summary(bookPools(EMPTY_BOOK, pools))).toBe('z 10.0.0.0/16; a is out');
    expect(summary(bookPools(EMPTY_BOOK, pools.toReversed()))).toBe('z 10.0.0.0/16; a is out');
  });

  test('keep the last good version of one that was spoilt', () => {
    const spoilt = [
      poolOf('a', { addresses: ['nonsense'] }, old),
      poolOf('b', { addresses: ['10.0.1.0/24'] }, old),
    ];
    const book = bookPools(first, spoilt);
    expect(summary(book)).toBe('a 10.0.0.0/24; b 10.0.1.0/24; a stays as it was');
    expect(book.booked.get('b')).toBe(first.booked.get('b'));
  });

  test('keep the last good version of one that was made to overlap, though it is the older one', () => {
    const grown = [
      poolOf('a', { addresses: ['10.0.0.0/16'] }, old),
      poolOf('b', { addresses: ['10.0.1.0/24'] }, young),
    ];
    const before = bookPools(EMPTY_BOOK, [
      poolOf('a', { addresses: ['10.0.0.0/24'] }, old),
      grown[1] ?? poolOf('b', {}),
    ]);
    expect(summary(bookPools(before, grown))).toBe(
      'a 10.0.0.0/24; b 10.0.1.0/24; a stays as it was',
    );
  });

  test('take a corrected pool again', () => {
    const spoilt = bookPools(first, [poolOf('a', { addresses: ['nonsense'] }, old)]);
    const mended = bookPools(spoilt, [poolOf('a', { addresses: ['10.0.7.0/24'] }, old)]);
    expect(summary(mended)).toBe('a 10.0.7.0/24');
  });

  test('do not keep a version of an object that was deleted and made again', () => {
    const again = { ...poolOf('a', { addresses: ['nonsense'] }, young), uid: 'another' };
    expect(summary(bookPools(first, [again]))).toBe('a is out');
  });
});
