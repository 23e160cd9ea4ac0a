import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CertificateFolder } from '../src/certificate-folder.ts';
import { makePair, mount, type Pair } from './certificates.ts';

let one: Pair;
let other: Pair;
let folder: string;
let said: string[];
let certificate: CertificateFolder;

beforeAll(async () => {
  [one, other] = await Promise.all([makePair('one'), makePair('other')]);
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'picluster-certificate-'));
  said = [];
  const say = (message: string): void => void said.push(message);
  certificate = new CertificateFolder(folder, { info: say, error: say });
});
afterEach(() => rmSync(folder, { recursive: true }));

const textOf = (pair: ReturnType<CertificateFolder['changed']>): unknown =>
  pair && [pair.cert.toString(), pair.key.toString()];

test('a pair is given once, and again when it was renewed', () => {
  mount(folder, 'first', one);
  expect(textOf(certificate.changed())).toEqual([one.cert, one.key]);
  expect(certificate.changed()).toBeUndefined();
  mount(folder, 'second', other);
  expect(textOf(certificate.changed())).toEqual([other.cert, other.key]);
});

test.each([
  ['is missing', () => ({ cert: one.cert })],
  ['belongs to another', () => ({ cert: one.cert, key: other.key })],
  ['is none', () => ({ cert: one.cert, key: 'not a key' })],
])('a key that %s is said once, and changes nothing', (_title, files) => {
  mount(folder, 'first', one);
  certificate.changed();
  mount(folder, 'second', files());
  expect(certificate.changed()).toBeUndefined();
  expect(certificate.changed()).toBeUndefined();
  expect(said).toEqual([
    'certificate of the metrics read',
    'certificate of the metrics cannot be used',
  ]);
  mount(folder, 'third', other);
  expect(textOf(certificate.changed())).toEqual([other.cert, other.key]);
});

test('an empty folder is said once', () => {
  expect(certificate.changed()).toBeUndefined();
  expect(certificate.changed()).toBeUndefined();
  expect(said).toEqual(['certificate of the metrics cannot be used']);
});
