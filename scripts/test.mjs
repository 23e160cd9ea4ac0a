// `npm test`: every check, cheapest first. A failing check is reported at once and does not stop the others; the last line counts the tests from the
// runner's own reports.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildAll } from './build.mjs';
import { ensureHelm } from './helm.mjs';
import { ensureKubernetes } from './kubernetes.mjs';
import { ensureMetallbSource, METALLB_RELEASES } from './metallb.mjs';
import { must, node, root, say, step } from './process.mjs';
import { ensureOperatorCrds } from './prometheus-operator.mjs';
import { ensurePromtool } from './promtool.mjs';

const reports = path.join(root, '.vitest-reports');

const failures = [];

async function check(title, work) {
  try {
    await step(title, work);
  } catch (error) {
    failures.push(title);
    say(error.expected === true ? `✗ ${title}: ${error.message}` : error.stack);
  }
}

function vitest(name, projects, { inLab = false, more = [], env = {} } = {}) {
  const words = [
    path.join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${path.join(reports, `${name}.json`)}`,
    ...more,
  ];
  return must(node, inLab ? ['scripts/in-lab.mjs', node, ...words] : words, { env });
}

export async function runTests(words) {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
  const quick = words.includes('--quick');
  const quiet = { quiet: true };
  await check('format', () => must('npx', ['oxfmt', '--check'], quiet));
  await check('lint', () => must('npx', ['oxlint', '--type-aware'], quiet));
  await check('types', () => must('npx', ['tsc', '-p', '.'], quiet));
  // Some unit tests load what is built: the addon, the daemons' bundles.
  await check('build', buildAll);
  await check('unit tests and simulations', () => vitest('unit', ['unit', 'sim']));
  await check('unused files, exports and dependencies', () => must('npx', ['knip'], quiet));
  await check('pages of the libraries', () => must('npx', ['typedoc', '--emit', 'none'], quiet));
  await check('published packages', () => vitest('published', ['published']));
  if (!quick) await labTests();
  finish();
}

async function labTests() {
  // The lab has no network: what the images are made of is fetched here.
  await check('images', () =>
    must(node, ['deploy/images/main.ts', '--newer-libraries'], { quiet: true }),
  );
  await check('root tests', () => vitest('root', ['root'], { inLab: true }));
  let kubernetes;
  await check('Kubernetes', async () => {
    kubernetes = await ensureKubernetes();
  });
  if (kubernetes === undefined) return;
  // The lab has no network: what its tests start is built or fetched here, and cached.
  await check('Helm, promtool, MetalLB, kinds of the Prometheus operator', async () => {
    await ensureHelm();
    await ensurePromtool();
    for (const release of METALLB_RELEASES) await ensureMetallbSource(release);
    await ensureOperatorCrds();
  });
  const env = { PICLUSTER_KUBERNETES: kubernetes };
  await check('lab tests on real Kubernetes', () => vitest('lab', ['lab'], { inLab: true, env }));
}

function finish() {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of readdirSync(reports)) {
    const report = JSON.parse(readFileSync(path.join(reports, file), 'utf8'));
    count.passed += report.numPassedTests;
    count.failed += report.numFailedTests;
    count.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
    for (const proof of wholeProofsSkipped(report)) {
      say(`skipped as a whole: ${proof}`);
      if (process.env.CI === 'true') failures.push(`skipped in CI: ${proof}`);
    }
  }
  for (const failure of failures) say(`✗ ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
}

function wholeProofsSkipped(report) {
  return report.testResults
    .filter(({ assertionResults: results }) => results.length > 0)
    .filter(({ assertionResults: results }) =>
      results.every(({ status }) => status === 'skipped' || status === 'pending'),
    )
    .map(({ name }) => path.relative(root, name));
}
