import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hmac } from '../../src/hmac.ts';
import {
  codeOf,
  decodeMessage,
  encodeMessage,
  isAuthentic,
  misfit,
  type Facts,
  type Message,
} from '../../src/succession/messages.ts';

const facts: Facts = {
  format: '1(node:node)',
  node: 'n1',
  electorate: 'uid',
  rules: '[{},0]',
  interfaces: ['eth0 2 020000000001', 'eth1 3 020000000002'],
};
const messages: readonly Message[] = [
  { kind: 'hello', nonce: 'a' },
  { kind: 'prepared', nonce: 'b', facts, code: '00ff' },
  { kind: 'ask' },
  { kind: 'yes', nowMs: 1234.5 },
  { kind: 'states', states: { eth0: '[]' }, code: '00ff' },
];

test('messages are lines of JSON, and are read as they were written', () => {
  expect(encodeMessage({ kind: 'yes', nowMs: 1234.5 })).toBe('{"kind":"yes","nowMs":1234.5}');
  for (const message of messages) {
    const line = encodeMessage(message);
    expect(line).not.toContain('\n');
    expect(decodeMessage(line)).toEqual(message);
  }
});

describe('no message is', () => {
  test('a line that was cut off anywhere', () => {
    for (const line of messages.map(encodeMessage)) {
      for (let length = 0; length < line.length; length++) {
        expect(decodeMessage(line.slice(0, length))).toBe('not-json');
      }
    }
  });

  test('one of which a field is missing or of another kind', () => {
    for (const message of messages) {
      for (const field of Object.keys(message)) {
        for (const other of [undefined, true, [1], { no: 1 }]) {
          const line = JSON.stringify({ ...message, [field]: other });
          expect(decodeMessage(line), line).toBe('not-a-message');
        }
      }
    }
    const lame = { ...facts, interfaces: [1] };
    const line = JSON.stringify({ kind: 'prepared', nonce: '', facts: lame, code: '' });
    expect(decodeMessage(line)).toBe('not-a-message');
  });

  test('anything at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(['not-json', 'not-a-message']).toContain(decodeMessage(line));
      }),
    );
  });
});

test('a code is good for its purpose, its nonces and its words alone, and under any of the keys', () => {
  const [one, two, three] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  if (one === undefined || two === undefined || three === undefined) throw new Error('no keys');
  const said = ['a', 'b', facts];
  const code = codeOf(hmac, two, 'prepared', said);
  expect(code).toHaveLength(64);
  const isGood = (
    purpose: 'prepared' | 'states',
    words: readonly unknown[],
    keys = [one, two],
  ): boolean => isAuthentic(hmac, keys, code, purpose, words);
  expect(isGood('prepared', said)).toBe(true);
  expect(isGood('states', said)).toBe(false);
  expect(isGood('prepared', ['a', 'c', facts])).toBe(false);
  expect(isGood('prepared', ['a', 'b', { ...facts, node: 'n2' }])).toBe(false);
  expect(isGood('prepared', said, [one, three])).toBe(false);
  expect(isGood('prepared', said, [])).toBe(false);
  expect(isAuthentic(hmac, [two], code.slice(1), 'prepared', said)).toBe(false);
});

describe('a process can go on with what another knows', () => {
  test('if they are of one format, node, electorate and set of rules', () => {
    expect(misfit(facts, facts)).toBeUndefined();
    for (const field of ['format', 'node', 'electorate', 'rules'] as const) {
      expect(misfit(facts, { ...facts, [field]: 'another' })).toBe(`another ${field}`);
    }
  });

  test('if it is ready on each interface of the other, and perhaps on more', () => {
    const [first = ''] = facts.interfaces;
    expect(misfit({ ...facts, interfaces: [first] }, facts)).toBeUndefined();
    expect(misfit(facts, { ...facts, interfaces: [first] })).toContain('not ready on eth1');
    const replugged = ['eth0 7 020000000001', 'eth1 3 020000000002'];
    expect(misfit(facts, { ...facts, interfaces: replugged })).toContain('not ready on eth0');
  });
});
