import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

test('the example of the README runs as it stands', async () => {
  const readme = await readFile(`${folder}/README.md`, 'utf8');
  const code = /```ts\n(?<code>.*?)```/su.exec(readme)?.groups?.['code'] ?? '';
  const flags = ['--conditions=@picluster/source', '--input-type=module-typescript'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--eval', code], {
    cwd: folder,
  });
  expect(stdout).toBe('acting under token 0\nreleased: true\n');
});
