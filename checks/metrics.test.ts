import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

test('docs/metrics.md lists exactly the metrics that the daemons declare', () => {
  const sources = globSync('packages/{controller,daemon,speaker}/src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .join('\n');
  const declared = [
    ...[...sources.matchAll(/'((?:metallb|picluster|leader)_[a-z0-9_]+)'/g)].map(
      (match) => match[1] ?? '',
    ),
    ...[...sources.matchAll(/[^.]gauge\('([a-z0-9_]+)'/g)].map(
      (match) => `metallb_allocator_${match[1]}`,
    ),
  ];
  const page = readFileSync(path.join(root, 'docs/metrics.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `((?:metallb|picluster|leader)_[a-z0-9_]+)` \|/gm)].map(
    (match) => match[1] ?? '',
  );
  expect(declared.length).toBeGreaterThan(10);
  expect(listed.toSorted()).toEqual([...new Set(declared)].toSorted());
});
