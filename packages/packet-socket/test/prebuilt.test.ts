import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { load } from '../src/addon.ts';

// The two files that the npm package carries. That the one for arm64 answers ARP is a test of the images, in an emulator.

const packageFolder = path.resolve(import.meta.dirname, '..');
const build = path.join(packageFolder, 'build');
const fileFor = (arch: string): string => path.join(build, `linux-${arch}`, 'packet-socket.node');

/** What glibc and musl both have, with the same meaning and layouts on 64-bit machines. */
const OF_THE_C_LIBRARY =
  '__errno_location bind calloc clock_gettime close dl_iterate_phdr free getsockopt ioctl madvise recvmsg send sendto setsockopt socket strcmp strerror sysconf';

const muslIsThere = spawnSync('musl-gcc', ['--version']).status === 0;

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build-native.mjs', '--published'], {
    cwd: packageFolder,
  });
});

describe.each([
  ['x64', 'Advanced Micro Devices X86-64'],
  ['arm64', 'AArch64'],
])('the published addon for %s', (arch, machine) => {
  const read = (program: string, ...words: string[]): string =>
    execFileSync(program, [...words, fileFor(arch)], { encoding: 'utf8' });

  test(`is for ${machine}`, () => {
    expect(read('readelf', '--file-header')).toContain(machine);
  });

  test('names no library, so that no C library is the wrong one', () => {
    const dynamic = read('readelf', '--dynamic', '--wide');
    expect(dynamic).toContain('(SYMTAB)');
    expect(dynamic).not.toContain('(NEEDED)');
    expect(dynamic).not.toContain('(VERNEED)');
  });

  test('needs of its process only Node-API, libuv, and what glibc and musl both have; what only glibc has, it does without', () => {
    const needed = read('nm', '--dynamic', '--undefined-only', '--format=posix')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const wanted = needed.filter(([, type]) => type === 'w').map(([name]) => name);
    const musts = needed.filter(([, type]) => type !== 'w').map(([name = '']) => name);
    expect(wanted).toEqual(['malloc_trim']);
    expect(musts).toContain('uv_poll_init');
    const others = musts.filter((name) => !/^(napi|uv)_/.test(name));
    expect(others.filter((name) => !OF_THE_C_LIBRARY.split(' ').includes(name))).toEqual([]);
  });
});

test('the published addon for this machine loads', () => {
  expect(load('linux', process.arch, [build]).nowMs()).toBeGreaterThan(0);
});

// Debian's package musl-tools has the compiler and the loader.
test.skipIf(!muslIsThere)('the same file loads into a program whose C library is musl', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'packet-socket-musl-'));
  try {
    const host = path.join(folder, 'host');
    const source = path.join(import.meta.dirname, 'programs', 'musl-host.c');
    execFileSync('musl-gcc', ['-O1', '-Wall', '-Werror', '-rdynamic', '-o', host, source]);
    expect(readFileSync(host).includes('ld-musl')).toBe(true);
    const output = execFileSync(host, [fileFor(process.arch)], { encoding: 'utf8' });
    expect(output).toMatch(/^19 functions, [1-9]\d* ms\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
