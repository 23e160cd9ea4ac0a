import { expect, test } from 'vitest';
import { l2KeySecret, readL2Keys } from '../src/l2-key.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const key = (fill: number, length: number = 32): Uint8Array => new Uint8Array(length).fill(fill);
const line = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

interface Secret {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly data: Record<string, string>;
}

test('a new Secret holds one key of 32 bytes, another each time', () => {
  const [one, other] = [l2KeySecret('here') as Secret, l2KeySecret('here') as Secret];
  expect(one.metadata).toMatchObject({ namespace: 'here', name: 'picluster-l2-key' });
  const read = readL2Keys(one.data);
  expect(read).toEqual({ kind: 'keys', keys: [expect.any(Uint8Array)] });
  expect(Buffer.from(one.data['keys'] ?? '', 'base64').toString()).toMatch(/^[\w+/]{43}=\n$/);
  expect(one.data).not.toEqual(other.data);
});

test('what is written is read again, in its order', () => {
  const keys = [key(2), key(1), key(3)];
  const secret = l2KeySecret('here', keys) as Secret;
  expect(readL2Keys(secret.data)).toEqual({ kind: 'keys', keys });
});

test('empty lines and spaces around a key do no harm', () => {
  const text = `\n  ${line(key(1))}\r\n\n${line(key(2, 16))}`;
  expect(readL2Keys({ keys: base64(text) })).toEqual({ kind: 'keys', keys: [key(1), key(2, 16)] });
});

test.each([
  ['no data', undefined, 'data.keys is missing'],
  ['another field', { key: base64('x') }, 'data.keys is missing'],
  ['nothing in it', { keys: base64(' \n') }, 'data.keys is empty'],
  ['a word', { keys: base64(`${line(key(1))}\nhello, world`) }, 'line 2 is not base64'],
  ['a short key', { keys: base64(line(key(1, 15))) }, 'line 1 has 15 bytes'],
])('%s is a problem that names the place and the fix', (_name, data, what) => {
  const read = readL2Keys(data);
  expect(read).toEqual({ kind: 'problem', problem: expect.stringContaining(what) });
  expect(read).toEqual({
    kind: 'problem',
    problem: expect.stringContaining('openssl rand -base64 32'),
  });
});
