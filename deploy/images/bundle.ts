// The daemons as the few files of their bundles, with the list of all packages of which something is in it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.ts';

const root = path.resolve(import.meta.dirname, '../..');

export type Daemon = 'controller' | 'speaker';

/** A package that is part of a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its package.json says. */
  readonly license: string;
  /** npm's digest from the lock file; absent: one of ours. */
  readonly integrity?: string;
  /** The texts of its licence files, which whoever passes it on must pass on too. */
  readonly licenseTexts: readonly string[];
}

/** A file of a bundle; they stand beside each other. */
export interface BundledFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Bundle {
  readonly version: string;
  /** `main.mjs` is the one to run. By name. */
  readonly files: readonly BundledFile[];
  /** By name. */
  readonly packages: readonly BundledPackage[];
}

/** The part of esbuild's metafile that is read here: what went into each output, by paths from the folder it ran in. */
export interface Metafile {
  readonly outputs: Readonly<
    Record<string, { inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

/** Bundles a daemon into `folder`. */
export async function bundle(daemon: Daemon, folder: string): Promise<Bundle> {
  const cwd = path.join(root, 'packages', daemon);
  const output = path.join(folder, daemon);
  const tsup = path.join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js');
  await run(process.execPath, [tsup, '--silent', '--metafile', '--out-dir', output], { cwd });
  const metafile = JSON.parse(
    readFileSync(path.join(output, 'metafile-esm.json'), 'utf8'),
  ) as Metafile;
  return {
    version: manifestOf(cwd).version,
    files: readdirSync(output)
      .filter((name) => name.endsWith('.mjs'))
      .sort()
      .map((name) => ({ name, content: readFileSync(path.join(output, name)) })),
    packages: packageFolders(metafile, cwd).map(describePackage),
  };
}

/** The folders of all packages that left at least a byte in the output, sorted. The daemon itself is one of them. */
export function packageFolders(metafile: Metafile, cwd: string): string[] {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\/|^((?:\.\.\/[^/]+\/)?)src\//.exec(
        input,
      );
      const found = match?.[1] ?? match?.[2];
      if (found !== undefined && bytesInOutput > 0) folders.add(path.resolve(cwd, found));
    }
  }
  return [...folders].sort();
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

function describePackage(folder: string): BundledPackage {
  const { name, version, license = 'NOASSERTION' } = manifestOf(folder);
  const integrity = lockedIntegrity(path.relative(root, folder));
  const licenseTexts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
  return {
    name,
    version,
    license,
    licenseTexts,
    ...(integrity === undefined ? {} : { integrity }),
  };
}

function lockedIntegrity(place: string): string | undefined {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { integrity?: string }>>;
  };
  return lock.packages[place]?.integrity;
}

/** Whose work is in the bundle, and under which terms. */
export function licensesText(packages: readonly BundledPackage[]): string {
  return packages
    .filter(({ integrity }) => integrity !== undefined)
    .map(({ name, version, license, licenseTexts }) =>
      [`## ${name} ${version} (${license})`, ...licenseTexts.map((text) => text.trim())].join(
        '\n\n',
      ),
    )
    .join('\n\n\n')
    .concat('\n');
}
