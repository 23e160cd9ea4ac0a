import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crdFiles } from '../scripts/crd-files.ts';
import { crdManifests } from '../src/index.ts';

const folder = path.resolve(import.meta.dirname, '../../../deploy/crds');

describe('the CRDs', () => {
  test('in deploy/ are those that the schemas make: else run `npm run generate -w packages/api`', () => {
    const committed = readdirSync(folder)
      .toSorted()
      .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]);
    expect(committed).toEqual(crdFiles());
  });

  test('say in YAML what the manifests say', () => {
    const parsed = crdFiles().map(([, text]) => parse(text) as unknown);
    expect(parsed).toEqual(structuredClone(crdManifests));
  });

  test.each(crdManifests.map((manifest) => [manifest.metadata.name, manifest] as const))(
    '%s describes each of its fields',
    (_name, manifest) => {
      const bare: string[] = [];
      const walk = (node: unknown, at: string): void => {
        if (typeof node !== 'object' || node === null) return;
        const { properties } = node as { properties?: Record<string, { description?: string }> };
        for (const [key, value] of Object.entries(properties ?? {})) {
          if (value.description === undefined && key !== 'metadata' && key !== 'preference')
            bare.push(`${at}.${key}`);
          walk(value, `${at}.${key}`);
        }
        walk((node as { items?: unknown }).items, `${at}[]`);
      };
      const [version] = manifest.spec['versions'] as [{ schema: { openAPIV3Schema: unknown } }];
      walk(version.schema.openAPIV3Schema, '');
      expect(bare).toEqual([]);
    },
  );
});
