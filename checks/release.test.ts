import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { libraryFolders } from '../scripts/api-report.ts';
import { objections, type Package, type Repository } from '../scripts/release/objections.ts';

const url = 'git+https://example.org/picluster.git';
const ipam: Package = {
  folder: 'packages/ipam',
  manifest: {
    name: '@picluster/ipam',
    version: '0.2.0',
    repository: { url, directory: 'packages/ipam' },
  },
  changelog: '# @picluster/ipam\n\n## 0.2.0\n\n- New.\n',
};
const ready: Repository = {
  manifest: { repository: { url } },
  packages: [ipam],
  changesets: [],
  uncommitted: '',
};

function withManifest(changes: Partial<Package['manifest']>): Repository {
  return { ...ready, packages: [{ ...ipam, manifest: { ...ipam.manifest, ...changes } }] };
}

describe('a release', () => {
  test('may begin where all is committed, versioned, told and at home', () => {
    expect(objections(ready)).toEqual([]);
  });

  test.each<[string, Repository, RegExp]>([
    ['uncommitted changes', { ...ready, uncommitted: ' M README.md\n' }, /uncommitted/],
    [
      'a changeset that is no version yet',
      { ...ready, changesets: ['.changeset/a.md'] },
      /^\.changeset\/a\.md is not a version/,
    ],
    ['no place where the repository is', { ...ready, manifest: {} }, /no "repository"/],
    [
      'a package of another repository',
      withManifest({ repository: { url: 'git+https://example.org/other.git' } }),
      /"directory": "packages\/ipam"/,
    ],
    [
      'a package in another folder',
      withManifest({ repository: { url, directory: 'packages/kube' } }),
      /"directory": "packages\/ipam"/,
    ],
    ['a version without a word about it', withManifest({ version: '0.3.0' }), /new in 0\.3\.0/],
  ])('is refused for %s', (_, repository, sentence) => {
    expect(objections(repository)).toEqual([expect.stringMatching(sentence)]);
  });

  test('asks nothing of private packages', () => {
    const { name, version } = ipam.manifest;
    const hidden: Package = { folder: 'packages/x', manifest: { name, version, private: true } };
    expect(objections({ ...ready, packages: [hidden] })).toEqual([]);
  });
});

const read = (file: string): string =>
  readFileSync(path.resolve(import.meta.dirname, '..', file), 'utf8');

test.each(libraryFolders())('%s says that it is public, and what is new in it', (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`)) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    publishConfig: { access: 'public' },
    files: expect.arrayContaining(['CHANGELOG.md']),
  });
  expect(read(`${folder}/CHANGELOG.md`)).toContain(`\n## ${String(manifest['version'])}\n`);
});

describe('the version of the daemons', () => {
  const versionOf = (name: string): string =>
    (JSON.parse(read(`packages/${name}/package.json`)) as { readonly version: string }).version;

  test('is that of the chart, which runs their images', () => {
    const chart = parse(read('deploy/charts/picluster/Chart.yaml')) as Record<string, unknown>;
    expect([versionOf('controller'), versionOf('speaker')]).toEqual([
      chart['version'],
      chart['appVersion'],
    ]);
  });

  test.each(['docs/install.md', 'docs/k3s.md'])('is in the file that %s loads', (page) => {
    const named = [...read(page).matchAll(/picluster-([\d.]+)\.oci\.tar/g)].map(([, it]) => it);
    expect(new Set(named)).toEqual(new Set([versionOf('speaker')]));
  });
});
