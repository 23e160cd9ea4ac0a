import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the operator of the example knows every object, whatever breaks', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@picluster/source',
    main,
  ]);
  const lines = stdout.trim().split('\n');
  expect(lines.at(-2)).toBe('the operator knows five, four, one, three, two');
  expect(lines.at(-1)).toMatch(/^it listed ([4-9]|\d\d) times, and wrote 0$/);
});
