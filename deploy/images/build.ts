// Builds the images: inputs → layers → one OCI layout with both images for each architecture.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, type Bundle, type Daemon } from './bundle.ts';
import { DebianArchive, type DebianPackage } from './debian.ts';
import type { DebianInput, Inputs, NpmInput } from './inputs.ts';
import {
  appLayer,
  libraryLayer,
  nodeLayer,
  USER_ID,
  type BuiltLayer,
  type NativeParts,
} from './layers.ts';
import type { NamedImage } from './layout.ts';
import { buildAddon, buildLauncher } from './native.ts';
import {
  imageOf,
  indexOf,
  type Architecture,
  type Blob,
  type Descriptor,
  type RunSettings,
} from './oci.ts';
import { BuildError, run } from './run.ts';
import { billOfMaterials } from './sbom.ts';
import { checksumOfIntegrity, stored } from './store.ts';

const DAEMONS = ['controller', 'speaker'] as const satisfies readonly Daemon[];

const ABOUT: Record<Daemon, string> = {
  controller: 'Gives Services of type LoadBalancer their addresses.',
  speaker: 'Answers ARP and NDP for the addresses of Services of type LoadBalancer.',
};

/** What to build. */
export interface BuildPlan {
  readonly architectures: readonly Architecture[];
  readonly inputs: Partial<Record<Architecture, Inputs>>;
  /** Debian's newest libraries in place of those that it no longer offers as locked. */
  readonly newerLibraries: boolean;
  readonly say: (line: string) => void;
}

/** One image of one architecture, with its layers as they were before they were compressed. */
export interface PlatformImage {
  readonly daemon: Daemon;
  readonly architecture: Architecture;
  readonly version: string;
  readonly layers: readonly BuiltLayer[];
  readonly settings: RunSettings;
  readonly bill: string;
  readonly manifest: Blob;
  readonly config: Blob;
}

/** What was built, and of what. */
export interface Built {
  readonly images: readonly PlatformImage[];
  readonly inputs: Partial<Record<Architecture, Inputs>>;
}

/** Builds all images of the plan. */
export async function buildImages(plan: BuildPlan): Promise<Built> {
  const folder = mkdtempSync(path.join(tmpdir(), 'picluster-images-'));
  try {
    const bundles: Record<Daemon, Bundle> = {
      controller: await bundle('controller', folder),
      speaker: await bundle('speaker', folder),
    };
    const images: PlatformImage[] = [];
    const inputs: Partial<Record<Architecture, Inputs>> = {};
    for (const architecture of plan.architectures) {
      plan.say(`linux/${architecture}`);
      const own = path.join(folder, architecture);
      mkdirSync(own);
      const materials = await gather(architecture, plan, own);
      inputs[architecture] = { node: materials.node, debian: materials.debian.map(withoutFile) };
      images.push(...(await buildFor(architecture, materials, bundles, own)));
    }
    return { images, inputs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The images by their names, each for all architectures that were built. */
export function namedImages(
  images: readonly PlatformImage[],
  repository: string,
): readonly NamedImage[] {
  return DAEMONS.map((daemon) => {
    const own = images.filter((image) => image.daemon === daemon);
    const [first] = own;
    if (first === undefined) throw new BuildError(`no ${daemon} was built`);
    const manifests: Descriptor[] = own.map(({ manifest }) => manifest.descriptor);
    return {
      name: `${repository}-${daemon}:${first.version}`,
      index: indexOf(manifests, first.settings.Labels),
      blobs: own.flatMap(({ manifest, config, layers }) => [manifest, config].concat(layers)),
    };
  });
}

async function buildFor(
  architecture: Architecture,
  { node, debian }: Materials,
  bundles: Record<Daemon, Bundle>,
  folder: string,
): Promise<PlatformImage[]> {
  const libraries = await libraryLayer(architecture, debian, folder);
  const runtime = await nodeLayer(await npmTarball(node, folder), folder);
  const addon = await buildAddon(architecture);
  const native = {
    controller: { addon },
    speaker: { addon, launcher: await buildLauncher(architecture, folder) },
  } as const satisfies Record<Daemon, NativeParts>;
  return DAEMONS.map((daemon) => {
    const name = `picluster-${daemon}`;
    const { version, packages } = bundles[daemon];
    const { distribution } = libraries;
    const bill = billOfMaterials({
      name,
      version,
      architecture,
      packages,
      node,
      debian,
      distribution,
    });
    const app = appLayer(name, bundles[daemon], bill, native[daemon]);
    const layers = [libraries.layer, runtime, app];
    const settings = runSettings(daemon, version);
    const { manifest, config } = imageOf(architecture, settings, layers);
    return { daemon, architecture, version, layers, settings, bill, manifest, config };
  });
}

/** How an image is run. The daemons set up Node themselves, but for what must be known before it starts. */
export function runSettings(daemon: Daemon, version: string): RunSettings {
  const program = ['/usr/bin/node', '/app/main.mjs'];
  return {
    User: `${USER_ID}:${USER_ID}`,
    Entrypoint: daemon === 'speaker' ? ['/app/with-net-raw', ...program] : program,
    // One heap of the C library for all threads, not one for each, that gives back what is free at its end; what Node reads from sockets, 64 kB at a time,
    // stays out of it.
    Env: [
      'PATH=/usr/bin',
      'MALLOC_ARENA_MAX=1',
      'MALLOC_TRIM_THRESHOLD_=131072',
      'MALLOC_MMAP_THRESHOLD_=32768',
    ],
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    ExposedPorts: { '9120/tcp': {}, '17472/tcp': {} },
    Labels: {
      'org.opencontainers.image.title': `picluster-${daemon}`,
      'org.opencontainers.image.description': ABOUT[daemon],
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  };
}

/** The inputs of one architecture, with Debian's packages as files. */
interface Materials {
  readonly node: NpmInput;
  readonly debian: readonly DebianPackage[];
}

async function gather(
  architecture: Architecture,
  plan: BuildPlan,
  folder: string,
): Promise<Materials> {
  const inputs = plan.inputs[architecture];
  if (inputs === undefined) throw new BuildError(`the inputs lack those for linux/${architecture}`);
  const { node, debian } = inputs;
  const archive = new DebianArchive(architecture, folder);
  const packages: DebianPackage[] = [];
  for (const input of debian) {
    try {
      packages.push(await archive.locked(input));
    } catch (error) {
      if (!plan.newerLibraries) throw error;
      const newer = await archive.newest(input.name);
      plan.say(`  ${input.name} ${newer.version} instead of ${input.version}: Debian has no other`);
      packages.push(newer);
    }
  }
  return { node, debian: packages };
}

function withoutFile({ name, version, sha256 }: DebianPackage): DebianInput {
  return { name, version, sha256 };
}

async function npmTarball(input: NpmInput, folder: string): Promise<string> {
  const { name, version, integrity } = input;
  return await stored(`${name}-${version}.tgz`, checksumOfIntegrity(integrity), async () => {
    await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder });
    return path.join(folder, `${name}-${version}.tgz`);
  });
}
