// Holds every published package against what npm and TypeScript will make of it: publint, and are-the-types-wrong.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { must, root, say } from './process.mjs';

const published = readdirSync(path.join(root, 'packages'))
  .map((name) => path.join(root, 'packages', name))
  .filter(
    (folder) =>
      JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).private !== true,
  );

for (const folder of published) {
  say(path.basename(folder));
  await must('npx', ['publint', '--strict', folder], { quiet: true });
  await must('npx', ['attw', '--pack', folder, '--profile', 'esm-only'], { quiet: true });
}
