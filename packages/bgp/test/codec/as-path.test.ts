import { expect, test } from 'vitest';
import { UNNEGOTIATED, attributeOf, decodeMessage, type AsPathSegment } from '../../src/index.ts';
import { hex } from '../bytes.ts';

const sequence = (...asns: number[]): AsPathSegment => ({ type: 'AS_SEQUENCE', asns });
const set = (...asns: number[]): AsPathSegment => ({ type: 'AS_SET', asns });

function bytesOf(segments: readonly AsPathSegment[], digits: 4 | 8): string {
  return segments
    .map(({ type, asns }) => {
      const count = asns.length.toString(16).padStart(2, '0');
      return `${type === 'AS_SET' ? '01' : '02'}${count}${asns.map((asn) => asn.toString(16).padStart(digits, '0')).join('')}`;
    })
    .join('');
}

const attribute = (head: string, value: string): string =>
  `${head}${(value.length / 2).toString(16).padStart(4, '0')}${value}`;

/** What a peer of two octets means by an AS_PATH, other attributes, and an AS4_PATH. */
function received(path: AsPathSegment[], as4: AsPathSegment[] | string, more = ''): unknown {
  const as4Path = typeof as4 === 'string' ? as4 : bytesOf(as4, 8);
  const list = `${attribute('5002', bytesOf(path, 4))}${more}${attribute('d011', as4Path)}`;
  const length = (list.length / 2).toString(16).padStart(4, '0');
  const total = (23 + list.length / 2).toString(16).padStart(4, '0');
  const decoded = decodeMessage(hex(`${'ff'.repeat(16)}${total}020000${length}${list}`), {
    ...UNNEGOTIATED,
    fourOctetAs: false,
  });
  if (!decoded.ok || decoded.message.type !== 'UPDATE') return decoded;
  return attributeOf(decoded.message.attributes, 'AS_PATH')?.segments;
}

test('AS4_PATH replaces as many ASes at the end as it has, and the sequence is one again', () => {
  expect(received([sequence(65_001, 23_456, 65_002)], [sequence(70_000, 65_002)])).toEqual([
    sequence(65_001, 70_000, 65_002),
  ]);
  expect(received([sequence(23_456)], [sequence(70_000)])).toEqual([sequence(70_000)]);
});

test('a set counts as one AS, and stays whole', () => {
  expect(received([sequence(1, 2), set(23_456, 3)], [set(70_000, 3)])).toEqual([
    sequence(1, 2),
    set(70_000, 3),
  ]);
  expect(received([set(1, 2), sequence(23_456)], [sequence(70_000)])).toEqual([
    set(1, 2),
    sequence(70_000),
  ]);
  expect(received([sequence(1), set(2, 3), sequence(23_456)], [set(9), sequence(70_000)])).toEqual([
    sequence(1),
    set(9),
    sequence(70_000),
  ]);
});

test('a longer AS4_PATH than AS_PATH is ignored: somebody aggregated without knowing it', () => {
  expect(received([sequence(65_001)], [sequence(70_000, 65_001)])).toEqual([sequence(65_001)]);
});

test('an empty AS4_PATH says nothing', () => {
  expect(received([sequence(65_001)], [])).toEqual([sequence(65_001)]);
});

test('confederations in AS4_PATH are left out (RFC 6793 §3)', () => {
  expect(
    received([sequence(23_456)], `030100000001040100000002${bytesOf([sequence(70_000)], 8)}`),
  ).toEqual([sequence(70_000)]);
});

test('sequences that would be longer than 255 together stay apart', () => {
  const long = Array.from({ length: 255 }, (_, at) => at + 1);
  expect(received([sequence(9), sequence(...long)], [sequence(...long)])).toEqual([
    sequence(9),
    sequence(...long),
  ]);
});

test('where the AGGREGATOR has a true AS number of its own, AS4_PATH is older and ignored', () => {
  const as4Aggregator = 'c01208 00011170 c0000202'.replaceAll(' ', '');
  const aggregator = 'c00706 fde8 c0000201'.replaceAll(' ', '');
  const path = [sequence(23_456)];
  expect(received(path, [sequence(70_000)], aggregator + as4Aggregator)).toEqual(path);
  expect(received(path, [sequence(70_000)], aggregator)).toEqual([sequence(70_000)]);
  expect(received(path, [sequence(70_000)], as4Aggregator)).toEqual([sequence(70_000)]);
});
