// `npm run images`: the container images of both daemons, from a fresh machine on. Plain JavaScript: it begins on whatever Node is there.
import { buildAll } from './build.mjs';
import { installNpmPackages, installSystemPackages } from './install.mjs';
import { must, node, say, step } from './process.mjs';

try {
  const words = process.argv.slice(2);
  await installNpmPackages();
  if (!words.includes('--help')) {
    await installSystemPackages(['images']);
    await step('build', buildAll);
  }
  await must(node, ['deploy/images/main.ts', ...words]);
} catch (error) {
  say(error.expected === true ? `✗ ${error.message}` : error.stack);
  process.exit(1);
}
