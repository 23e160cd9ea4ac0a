import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readmeBlocks, readmes, type Block } from './readme-blocks.ts';

const root = path.resolve(import.meta.dirname, '..');
const blocks = readmeBlocks();

// Inside the repository, so that the workspaces resolve; outside node_modules, where Node refuses to strip types.
const folder = mkdtempSync(path.join(root, '.readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (block: Block, index: number): string => {
  const file = path.join(folder, `block-${index}.mts`);
  writeFileSync(file, block.code);
  return file;
};

describe('the examples in the READMEs', () => {
  test('are there', () => expect(blocks.length).toBeGreaterThanOrEqual(readmes.length / 2));

  test('pass the type checker', { timeout: 120_000 }, () => {
    const names = blocks.map(write);
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: path.join(root, 'tsconfig.json'),
        compilerOptions: { types: ['node'], typeRoots: [path.join(root, 'node_modules/@types')] },
        files: names,
        include: [],
        exclude: [],
      }),
    );
    const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
    const { stdout, status } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test.each(blocks.filter(({ run }) => run))(
    '$name prints what it says',
    { timeout: 60_000 },
    (block) => {
      const file = write(block, blocks.indexOf(block));
      const output = execFileSync(process.execPath, ['--conditions=@picluster/source', file], {
        encoding: 'utf8',
      });
      expect(block.promised.length, 'the block promises an output').toBeGreaterThan(0);
      expect(output.trim().split('\n')).toEqual(block.promised);
    },
  );
});
