import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { permitNetRaw, textFile, writeTar, type TarEntry } from '../../deploy/images/tar.ts';

const entries: readonly TarEntry[] = [
  textFile('/app/main.mjs', 'go()\n'),
  { kind: 'folder', path: '/tmp', mode: 0o1777 },
  { kind: 'file', path: '/app/with-net-raw', mode: 0o755, content: Buffer.alloc(512, 1) },
];

/** What GNU tar says of an archive. */
function list(archive: Uint8Array): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'picluster-tar-'));
  try {
    const file = path.join(folder, 'x.tar');
    writeFileSync(file, archive);
    const words = ['--list', '--verbose', '--utc', '--full-time', '--file', file];
    return execFileSync('tar', words, { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('tar reads it: sorted, with the folders in between, everything root’s and of one time', () => {
  expect(list(writeTar(entries)).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00:00 app/',
    '-rw-r--r-- 0/0 5 1970-01-01 00:00:00 app/main.mjs',
    '-rwxr-xr-x 0/0 512 1970-01-01 00:00:00 app/with-net-raw',
    'drwxrwxrwt 0/0 0 1970-01-01 00:00:00 tmp/',
  ]);
});

test('the order in which entries are given makes no difference', () => {
  expect(writeTar(entries.toReversed())).toEqual(writeTar(entries));
});

test('a file that is there twice is refused', () => {
  expect(() => writeTar([textFile('/a', '1'), textFile('/a', '2')])).toThrow('/a is there twice');
});

test('a name that does not fit is refused, not cut', () => {
  expect(() => writeTar([textFile(`/${'a'.repeat(101)}`, '')])).toThrow('too long');
});

test('a file’s capability precedes it as a pax record whose length counts itself', () => {
  const archive = Buffer.from(
    writeTar([
      {
        kind: 'file',
        path: '/p',
        mode: 0o755,
        content: Buffer.from('x'),
        capability: permitNetRaw(),
      },
    ]),
  );
  expect(archive.subarray(156, 157).toString()).toBe('x');
  const record = archive.subarray(512, 512 + Number.parseInt(archive.toString('latin1', 124), 8));
  const key = 'SCHILY.xattr.security.capability';
  expect(record.toString('latin1', 0, 3 + key.length + 1)).toBe(`${record.length} ${key}=`);
  expect(record.at(-1)).toBe('\n'.charCodeAt(0));
  expect(record.subarray(3 + key.length + 1, -1)).toEqual(Buffer.from(permitNetRaw()));
});

test('the capability is NET_RAW, permitted and not effective', () => {
  const golden = [
    '00000002', // revision 2, the flag "effective" not set (little endian)
    '00200000', // permitted, bits 0 to 31: 13 is NET_RAW
    '00000000', // inheritable, bits 0 to 31
    '00000000', // permitted, bits 32 to 63
    '00000000', // inheritable, bits 32 to 63
  ];
  expect(Buffer.from(permitNetRaw()).toString('hex')).toBe(golden.join(''));
});
