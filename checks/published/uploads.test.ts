import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { run } from '../../scripts/process.mjs';
import type { Manifest } from '../../scripts/release/registry.ts';
import './setup.ts';

const root = path.resolve(import.meta.dirname, '../..');
const uploads = inject('uploads');
const byName = new Map(uploads.map((upload) => [upload.manifest.name, upload]));

const manifests = globSync('packages/*/package.json', { cwd: root })
  .sort()
  .map((file) => {
    const manifest = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Manifest;
    return { folder: path.dirname(file), manifest };
  });
const libraries = manifests.filter(({ manifest }) => manifest.private !== true);

function filesIn(tarball: string): string[] {
  const listing = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' });
  return listing
    .trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''))
    .sort();
}

/** The ranges that whoever installs it has to satisfy. */
function ranges(manifest: Manifest): [string, string][] {
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  return Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies });
}

function targets(exports: Manifest['exports']): string[] {
  return Object.values(exports ?? {})
    .flatMap((each) => (typeof each === 'string' ? [each] : Object.values(each)))
    .map((file) => file.replace(/^\.\//, ''));
}

test('a release uploads each library that is not private, and nothing else', () => {
  expect(libraries.length).toBeGreaterThan(0);
  expect([...byName.keys()].sort()).toEqual(libraries.map(({ manifest }) => manifest.name).sort());
});

test('a library that others depend on is uploaded before them', () => {
  const order = [...byName.keys()];
  for (const { manifest } of uploads)
    for (const [name] of ranges(manifest).filter(([wanted]) => byName.has(wanted)))
      expect(order.indexOf(name), `${name} for ${manifest.name}`).toBeLessThan(
        order.indexOf(manifest.name),
      );
});

describe.each(libraries)('$manifest.name', ({ folder, manifest: { name, version } }) => {
  const upload = byName.get(name);
  const files = upload === undefined ? [] : filesIn(upload.tarball);

  test('is public, as the version of its package.json, under the tag latest', () => {
    expect(upload).toMatchObject({ access: 'public', tags: { latest: version } });
    expect(upload?.manifest).toMatchObject({ version, license: 'Apache-2.0' });
  });

  test('says in its changelog what is new in this version', () => {
    const changelog = readFileSync(path.join(root, folder, 'CHANGELOG.md'), 'utf8');
    const [, section = ''] = changelog.split(`\n## ${version}\n`);
    expect(section).toMatch(/^\n### .*\n\n- \S/);
  });

  test('has its licence, its pages, and every file that it exports', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md']));
    const exported = targets(upload?.manifest.exports);
    expect(exported).toContain('dist/index.d.ts');
    expect(files).toEqual(expect.arrayContaining(exported));
  });

  test('has nothing that only we need', () => {
    const pages = /^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;
    const code = /^(src\/.*\.ts|dist\/.*\.(js|d\.ts)(\.map)?)$/;
    const native = /^(native\/.*\.[ch]|build\/linux-\w+\/.*\.node|scripts\/build-native\.mjs)$/;
    const known = name === '@picluster/packet-socket' ? [pages, code, native] : [pages, code];
    expect(files.filter((file) => !known.some((form) => form.test(file)))).toEqual([]);
    expect(files.filter((file) => /\.test\./.test(file))).toEqual([]);
  });

  test('depends on versions that can be had: no path, no workspace, nothing private', () => {
    for (const [wanted, range] of ranges(upload?.manifest ?? { name, version })) {
      const ours = manifests.find((each) => each.manifest.name === wanted)?.manifest;
      const form = /^[\^~]?\d+\.\d+\.\d+$/;
      expect(range, wanted).toMatch(ours === undefined ? form : `^${ours.version}`);
      expect(ours?.private ?? false, wanted).toBe(false);
    }
  });

  test('is what publint and are-the-types-wrong think a package should be', async () => {
    const tarball = upload?.tarball ?? '';
    const lint = await run('publint', ['run', tarball, '--strict'], { quiet: true });
    expect(lint).toMatchObject({ code: 0, output: expect.stringContaining('All good!') });
    const types = await run('attw', [tarball, '--profile', 'esm-only'], { quiet: true });
    expect(types, types.output).toMatchObject({ code: 0 });
  });

  test('runs nothing when it is installed', () => {
    const scripts = Object.keys(upload?.manifest.scripts ?? {});
    const atInstall = /^((pre|post)?install|prepublish|prepare)$/;
    expect(scripts.filter((script) => atInstall.test(script))).toEqual([]);
    expect(files).not.toContain('binding.gyp');
  });
});

test('packet-socket carries its compiled part for both architectures, and what it takes to make another', () => {
  const files = filesIn(byName.get('@picluster/packet-socket')?.tarball ?? '');
  expect(files.filter((file) => file.endsWith('.node'))).toEqual([
    'build/linux-arm64/packet-socket.node',
    'build/linux-x64/packet-socket.node',
  ]);
  expect(files).toContain('scripts/build-native.mjs');
  expect(files).toContain('native/packet-socket.c');
});
