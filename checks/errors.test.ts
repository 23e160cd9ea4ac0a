import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** `type XErrorCode = | 'a' | 'b'` of every package, by type name. */
function codesInSources(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of globSync('packages/*/src/**/*.ts', { cwd: root })) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, name = '', body = ''] of text.matchAll(/export type (\w+ErrorCode) =([^;]*);/g)) {
      found.set(name, [...body.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '').toSorted());
    }
  }
  return found;
}

function codesInPage(): Map<string, string[]> {
  const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
  return new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const codes = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
        return [section.split('\n')[0] ?? '', codes.toSorted()];
      }),
  );
}

test('docs/errors.md lists exactly the error codes that the packages have', () => {
  const sources = codesInSources();
  expect(sources.size).toBeGreaterThan(0);
  expect(codesInPage()).toEqual(sources);
});
