// `npm run release -- <command>`; docs/releasing.md says what a release is.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildAll } from '../build.mjs';
import { expected, must, node, root, run, say, step } from '../process.mjs';
import { objections, type Package } from './objections.ts';
import { lernaIn, PUBLISH, rehearse } from './rehearsal.ts';
import type { Manifest } from './registry.ts';

const HELP = `usage: npm run release -- version | rehearse | publish [--without-provenance]

  version    Turns the changesets into versions and changelogs, in the chart and the manifests too. Commit what it did.
  rehearse   Publishes everything to a registry on loopback that forgets it, and says what that was.
  publish    Publishes every version that the registry lacks, with proof of where it was built, and tags the commit.
`;

const CHART = 'deploy/charts/picluster/Chart.yaml';
/** The file with both images, as the pages name it. */
const ARCHIVE = /\bpicluster-\d+\.\d+\.\d+\.oci\.tar\b/g;

const readText = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const readManifest = (file: string): Manifest => JSON.parse(readText(file)) as Manifest;
const find = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();

async function version(): Promise<void> {
  await must('changeset', ['version']);
  const { version: ours } = readManifest('packages/controller/package.json');
  const chart = readText(CHART).replaceAll(/^(version|appVersion): .*$/gm, `$1: ${ours}`);
  writeFileSync(path.join(root, CHART), chart);
  for (const file of find('docs/*.md')) {
    const page = readText(file).replaceAll(ARCHIVE, `picluster-${ours}.oci.tar`);
    writeFileSync(path.join(root, file), page);
  }
  await must(node, ['scripts/manifests.ts']);
  await must('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund']);
}

async function rehearsal(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'picluster-release-'));
  try {
    await step('build', buildAll);
    for (const { manifest, access, tarball } of await rehearse(folder)) {
      const kilobytes = Math.round(readFileSync(tarball).length / 1000);
      say(`${manifest.name} ${manifest.version}, ${access}, ${kilobytes} kB`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function publish(words: readonly string[]): Promise<void> {
  const problems = objections({
    manifest: readManifest('package.json'),
    packages: find('packages/*').map(packageAt),
    changesets: find('.changeset/*.md').filter((file) => !file.endsWith('/README.md')),
    uncommitted: (await run('git', ['status', '--porcelain'], { quiet: true })).output,
  });
  if (problems.length > 0) throw expected(problems.join('\n  '));
  await step('build', buildAll);
  const provenance = String(!words.includes('--without-provenance'));
  try {
    await must(node, [lernaIn(root), ...PUBLISH], { env: { NPM_CONFIG_PROVENANCE: provenance } });
  } finally {
    // Lerna notes the commit in each package.json, and leaves that there where it fails. Nothing was uncommitted before.
    await must('git', ['checkout', '--quiet', '--', 'packages']);
  }
  await must('changeset', ['git-tag']);
}

function packageAt(folder: string): Package {
  const manifest = readManifest(path.join(folder, 'package.json'));
  const [changelog] = find(`${folder}/CHANGELOG.md`).map(readText);
  return { folder, manifest, ...(changelog === undefined ? {} : { changelog }) };
}

const [command, ...words] = process.argv.slice(2);
try {
  if (command === 'version') await version();
  else if (command === 'rehearse') await rehearsal();
  else if (command === 'publish') await publish(words);
  else say(HELP);
} catch (error) {
  const { expected: known, message, stack } = error as Error & { readonly expected?: boolean };
  say(known === true ? `✗ ${message}` : String(stack));
  process.exitCode = 1;
}
