import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const code = files.filter((file) => /\.(ts|mjs|c|go)$/.test(file));
const shipped = code.filter((file) => /^packages\/[^/]+\/src\//.test(file));

const LINES_MAX = 600;

describe('the house is clean', () => {
  test(`no file of code has more than ${LINES_MAX} lines`, () => {
    const long = code.filter((file) => text(file).split('\n').length > LINES_MAX);
    expect(long).toEqual([]);
  });

  test('nothing is left for later in the code: such things are issues', () => {
    const marks = new RegExp(
      `\\b(${['TO', 'FIX', 'X'].map((a, i) => a + ['DO', 'ME', 'XX'][i]).join('|')})\\b`,
    );
    expect(code.filter((file) => marks.test(text(file)))).toEqual([]);
  });

  test('no test is switched off without a reason beside it', () => {
    const off = code
      .filter((file) => file.endsWith('.test.ts') && file !== 'checks/tidy.test.ts')
      .filter((file) => /\b(test|it|describe)\.(only|todo)\b/.test(text(file)));
    expect(off).toEqual([]);
  });

  test('each published package has a README with an example, and a test beside its source', () => {
    const folders = new Set(shipped.map((file) => file.split('/').slice(0, 2).join('/')));
    for (const folder of folders) {
      expect(files, folder).toContain(`${folder}/README.md`);
      expect(
        files.some((file) => file.startsWith(`${folder}/test/`)),
        folder,
      ).toBe(true);
    }
  });

  test('each package’s index says what the package is', () => {
    for (const file of shipped.filter((name) => name.endsWith('/src/index.ts'))) {
      expect(text(file), file).toContain('@packageDocumentation');
    }
  });
});
