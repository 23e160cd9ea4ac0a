// `npm run images -- --help` says what it does.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildImages, namedImages, type PlatformImage } from './build.ts';
import { inputsFile, readInputs, writeInputs } from './inputs.ts';
import { layoutFiles, writeArchive, writeLayout } from './layout.ts';
import type { Architecture } from './oci.ts';
import { BuildError, run } from './run.ts';
import { newestInputs } from './update-inputs.ts';

const HELP = `usage: npm run images -- [flags]

Builds the images of the controller and the speaker as an OCI layout, and as one archive of it, in deploy/images/dist.

  --platform linux/amd64|linux/arm64   Only this one; may be given twice. Default: both.
  --repository <name>                  The images are <name>-controller and <name>-speaker. Default: localhost/picluster.
  --output <folder>                    Instead of deploy/images/dist.
  --rootfs <folder>                    Writes the files of the images, <folder>/controller and <folder>/speaker, and nothing else. One platform.
  --inputs <file>                      Instead of deploy/images/inputs.json.
  --newer-libraries                    Where Debian no longer offers a library as inputs.json has it: its newest. Says so.
  --update-inputs                      Writes inputs.json anew: the Node of package.json, Debian's newest libraries. Builds nothing.
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const ARCHITECTURES = ['amd64', 'arm64'] as const satisfies readonly Architecture[];

function architecturesOf(platforms: readonly string[]): readonly Architecture[] {
  if (platforms.length === 0) return ARCHITECTURES;
  const wrong = platforms.find((each) => !ARCHITECTURES.some((known) => each === `linux/${known}`));
  if (wrong !== undefined)
    throw new BuildError(`--platform must be linux/amd64 or linux/arm64, not "${wrong}"`);
  return ARCHITECTURES.filter((known) => platforms.includes(`linux/${known}`));
}

function report(images: readonly PlatformImage[]): void {
  for (const { daemon, architecture, layers, manifest } of images) {
    const bytes = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    const parts = layers.map(({ title, descriptor }) => `${title} ${inMegabytes(descriptor.size)}`);
    say(`${daemon} linux/${architecture}: ${inMegabytes(bytes)} compressed (${parts.join(', ')})`);
    say(`  ${manifest.descriptor.digest}`);
  }
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function writeBills(folder: string, images: readonly PlatformImage[]): void {
  for (const { daemon, architecture, bill } of images)
    writeFileSync(path.join(folder, `picluster-${daemon}-linux-${architecture}.cdx.json`), bill);
}

/** Needs root: without it nobody may write a file's capability. */
async function writeRootfs(folder: string, images: readonly PlatformImage[]): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'picluster-rootfs-'));
  try {
    for (const { daemon, layers } of images) {
      const target = path.join(folder, daemon);
      mkdirSync(target, { recursive: true });
      for (const { tar } of layers) {
        const file = path.join(scratch, 'layer.tar');
        writeFileSync(file, tar);
        const attributes = ['--xattrs', '--xattrs-include=security.capability'];
        await run('tar', ['--extract', ...attributes, '--file', file, '--directory', target]);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      platform: { type: 'string', multiple: true, default: [] },
      repository: { type: 'string', default: 'localhost/picluster' },
      output: { type: 'string', default: path.join(import.meta.dirname, 'dist') },
      rootfs: { type: 'string' },
      inputs: { type: 'string', default: inputsFile },
      'newer-libraries': { type: 'boolean', default: false },
      'update-inputs': { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (values['update-inputs']) {
    writeInputs(values.inputs, await newestInputs(ARCHITECTURES));
    return;
  }
  const architectures = architecturesOf(values.platform);
  if (values.rootfs !== undefined && architectures.length > 1)
    throw new BuildError('--rootfs is for one platform: give --platform as well');
  const { images, inputs } = await buildImages({
    architectures,
    inputs: readInputs(values.inputs),
    newerLibraries: values['newer-libraries'],
    say,
  });
  report(images);
  if (values.rootfs !== undefined) return await writeRootfs(values.rootfs, images);
  const named = namedImages(images, values.repository);
  const files = layoutFiles(named);
  const suffix = architectures.length === 1 ? `-linux-${architectures[0]}` : '';
  const archive = path.join(values.output, `picluster-${images[0]?.version}${suffix}.oci.tar`);
  writeLayout(path.join(values.output, 'layout'), files);
  writeArchive(archive, files);
  writeBills(values.output, images);
  writeInputs(path.join(values.output, 'inputs.json'), inputs);
  for (const { name, index } of named) say(`${name}@${index.descriptor.digest}`);
  say(`${path.relative(process.cwd(), values.output)}: layout, ${path.basename(archive)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isTheirs = error instanceof BuildError || code.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`images: ${isTheirs ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
