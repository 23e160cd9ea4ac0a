import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiReports, reportFile } from '../scripts/api-report.ts';

const root = path.resolve(import.meta.dirname, '..');

describe('the public surface', () => {
  const reports = [...apiReports()];

  test('is known of each library', () => expect(reports.length).toBeGreaterThan(5));

  test.each(reports)(
    'of %s is as api.txt has it; else `npm run api -- --update`, and write a changeset',
    (folder, { page }) => {
      const file = path.join(root, reportFile(folder));
      expect(page).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '');
    },
  );

  test.each(reports)('of %s has a comment at each export', (_, { undocumented }) => {
    expect(undocumented).toEqual([]);
  });
});
