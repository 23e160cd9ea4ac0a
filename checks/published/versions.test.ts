import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { must } from '../../scripts/process.mjs';
import './setup.ts';

// How .changeset/config.json turns a change of one library into versions of all.

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

let clone: string;
let before: ReturnType<typeof versions>;

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(clone, folder, 'package.json'), 'utf8')) as Manifest;

const NAMES = ['leader-election', 'kube', 'ipam', 'daemon', 'controller', 'speaker'] as const;
const versions = (): Record<(typeof NAMES)[number], string> =>
  Object.fromEntries(
    NAMES.map((name) => [name, manifestOf(`packages/${name}`).version]),
  ) as ReturnType<typeof versions>;

function bumped(version: string, part: 'minor' | 'patch'): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return part === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

beforeAll(async () => {
  clone = path.join(mkdtempSync(path.join(tmpdir(), 'picluster-versions-')), 'clone');
  execFileSync('git', ['clone', '--quiet', inject('copy'), clone]);
  before = versions();
  // What waits to be released would raise versions too.
  const folder = path.join(clone, '.changeset');
  const waiting = readdirSync(folder).filter((name) => name.endsWith('.md'));
  for (const name of waiting) if (name !== 'README.md') rmSync(path.join(folder, name));
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  write('one.md', "---\n'@picluster/leader-election': minor\n---\n\nA new rule.\n");
  write('two.md', "---\n'@picluster/speaker': minor\n---\n\nA new flag.\n");
  await must('changeset', ['version'], { cwd: clone, quiet: true });
});

afterAll(() => rmSync(path.dirname(clone), { recursive: true, force: true }));

describe('a new minor version of a library', () => {
  test('is in its package.json and its changelog', () => {
    const { version } = manifestOf('packages/leader-election');
    expect(version).toBe(bumped(before['leader-election'], 'minor'));
    const changelog = readFileSync(path.join(clone, 'packages/leader-election/CHANGELOG.md'));
    expect(changelog.toString()).toMatch(`## ${version}\n\n### Minor Changes\n\n- A new rule.\n`);
  });

  test('gives a patch to the libraries that depend on it, which then want it', () => {
    const { version, dependencies } = manifestOf('packages/kube');
    expect(version).toBe(bumped(before.kube, 'patch'));
    const wanted = `^${bumped(before['leader-election'], 'minor')}`;
    expect(dependencies?.['@picluster/leader-election']).toBe(wanted);
  });

  test('leaves the version of others alone, also of private packages that use it', () => {
    expect(versions()).toMatchObject({ ipam: before.ipam, daemon: before.daemon });
    expect(existsSync(path.join(clone, 'examples/leader-election/CHANGELOG.md'))).toBe(false);
  });

  test('is what every package of the workspace wants from then on', () => {
    const wanted = `^${bumped(before['leader-election'], 'minor')}`;
    for (const folder of ['packages/controller', 'packages/speaker', 'examples/leader-election']) {
      const { dependencies, devDependencies } = manifestOf(folder);
      const ranges = { ...dependencies, ...devDependencies };
      expect(ranges['@picluster/leader-election'], folder).toBe(wanted);
    }
  });
});

test('both daemons always have the same version: their images are released together', () => {
  const both = bumped(before.speaker, 'minor');
  expect(versions()).toMatchObject({ speaker: both, controller: both });
});
