import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readmeBlocks } from '../readme-blocks.ts';
import './setup.ts';

// What somebody has who knows nothing of this repository: an empty project, into which the uploads were installed. Third-party dependencies come
// from the registry, at whatever version is newest there.

const uploads = inject('uploads');
const root = path.resolve(import.meta.dirname, '../..');
const blocks = readmeBlocks();

const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};

/** What packet-socket is compiled with where this Node has no headers beside it. */
const headers = headersFor('packages/packet-socket');

/** TypeScript by the folder that it is installed in: the oldest and the newest that we look after. */
const COMPILERS = {
  'typescript-5.9': 'npm:typescript@5.9.3',
  'typescript-7': devDependencies['@typescript/native'] ?? '',
} as const;

let project: string;

beforeAll(() => {
  project = mkdtempSync(path.join(tmpdir(), 'picluster-stranger-'));
  const manifest = {
    name: 'stranger',
    private: true,
    type: 'module',
    dependencies: {
      '@types/node': devDependencies['@types/node'],
      'node-api-headers': headers,
      ...COMPILERS,
      ...Object.fromEntries(uploads.map((each) => [each.manifest.name, `file:${each.tarball}`])),
    },
  };
  writeFileSync(path.join(project, 'package.json'), JSON.stringify(manifest));
  const words = ['install', '--no-progress', '--no-audit', '--no-fund', '--prefer-offline'];
  // With our Node first: npm warns where a package wants a newer one than it runs on.
  const bin = path.join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH']}` };
  execFileSync('npm', words, { cwd: project, env, stdio: 'pipe' });
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function headersFor(folder: string): string {
  const text = readFileSync(path.join(root, folder, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as { devDependencies: Record<string, string> };
  return manifest.devDependencies['node-api-headers'] ?? '';
}

function runHere(file: string): string {
  return execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
}

test('no library of ours came from elsewhere, and none is there twice', () => {
  const listed = execFileSync('npm', ['ls', '--all', '--json'], { cwd: project, encoding: 'utf8' });
  const found = [...listed.matchAll(/"resolved": "([^"]*\/picluster-[^"]*)"/g)];
  expect(found.length).toBeGreaterThanOrEqual(uploads.length);
  expect(found.filter(([, where]) => !where?.startsWith('file:'))).toEqual([]);
  for (const { manifest } of uploads) {
    const installed = path.join(project, 'node_modules', manifest.name, 'package.json');
    expect(JSON.parse(readFileSync(installed, 'utf8'))).toMatchObject({
      name: manifest.name,
      version: manifest.version,
    });
  }
});

describe('the examples in the READMEs', () => {
  test.each(blocks.filter(({ run }) => run))('$name prints what it says', (block) => {
    const file = path.join(project, `block-${blocks.indexOf(block)}.mts`);
    writeFileSync(file, block.code);
    expect(runHere(file).trim().split('\n')).toEqual(block.promised);
  });

  test('packet-socket finds its compiled part in the package', () => {
    const file = path.join(project, 'addon.mjs');
    const body = `import { readInterface } from '@picluster/packet-socket';
console.log(readInterface('lo').index);`;
    writeFileSync(file, body);
    expect(runHere(file)).toBe('1\n');
  });

  test('packet-socket says what compiles that part where there is none, and that does', () => {
    const file = path.join(project, 'addon.mjs');
    const own = path.join(project, 'node_modules/@picluster/packet-socket');
    rmSync(path.join(own, 'build'), { recursive: true });
    const { stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
    const [script = 'none'] = /scripts\/build-native\.mjs/.exec(stderr) ?? [];
    expect(runHere(path.join(own, script))).toContain('built linux-');
    expect(runHere(file)).toBe('1\n');
  });
});

describe.each(Object.keys(COMPILERS))('%s', (compiler) => {
  test.each(['nodenext', 'bundler'])(
    'accepts the examples and every declaration, with the module resolution %s',
    (moduleResolution) => {
      const folder = path.join(project, `${compiler}-${moduleResolution}`);
      mkdirSync(folder);
      const entries = uploads.flatMap(({ manifest }) =>
        Object.keys(manifest.exports ?? {})
          .filter((entry) => !entry.endsWith('.json'))
          .map((entry) => path.posix.join(manifest.name, entry)),
      );
      const all = entries.map((entry, at) => `export * as x${at} from '${entry}';\n`).join('');
      writeFileSync(path.join(folder, 'all.mts'), all);
      blocks.forEach(({ code }, at) => writeFileSync(path.join(folder, `block-${at}.mts`), code));
      const compilerOptions = {
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
        moduleResolution,
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        // Some declarations of others take 5.9 a quarter of a minute: once is enough.
        skipLibCheck: compiler === 'typescript-5.9' && moduleResolution === 'bundler',
        noEmit: true,
      };
      const settings = JSON.stringify({ compilerOptions, include: ['*.mts'] });
      writeFileSync(path.join(folder, 'tsconfig.json'), settings);
      const tsc = path.join(project, 'node_modules', compiler, 'bin', 'tsc');
      const result = spawnSync(process.execPath, [tsc, '-p', '.'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const complaints = result.stdout.split('\n').filter((line) => /^\S/.test(line));
      // The declarations of others are theirs to mend.
      const theirs = /^\.\.\/node_modules\/(?!@picluster\/)/;
      expect(complaints.filter((line) => !theirs.test(line))).toEqual([]);
      expect(result.status === 0).toBe(complaints.length === 0);
    },
  );
});
