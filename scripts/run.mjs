// The one entry of `npm run demo`, `npm test` and `npm run build`. Plain JavaScript without dependencies: on a fresh machine it runs on
// whatever Node is there, installs what the command needs, and goes on with the Node of the devDependencies.
import { buildAll } from './build.mjs';
import { installNpmPackages, installSystemPackages } from './install.mjs';
import { say, step } from './process.mjs';

const commands = {
  async build() {
    await installNpmPackages();
    await step('build', buildAll);
  },
  async demo(words) {
    await installNpmPackages();
    await installSystemPackages(words.includes('--real') ? ['lab', 'kubernetes'] : ['lab']);
    await step('build', buildAll);
    const { runDemo } = await import('./demo.mjs');
    await runDemo(words);
  },
  async test(words) {
    await installNpmPackages();
    await installSystemPackages(['lab', 'kubernetes', 'images', 'test']);
    const { runTests } = await import('./test.mjs');
    await runTests(words);
  },
};

const [name = '', ...words] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  say(`usage: node scripts/run.mjs {${Object.keys(commands).join('|')}}`);
  process.exit(2);
}
try {
  await command(words);
} catch (error) {
  say(error.expected === true ? `✗ ${error.message}` : error.stack);
  process.exit(1);
}
