// What is in the images, in three layers: the one that changes most often is the smallest, and comes last.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { licensesText, type Bundle } from './bundle.ts';
import { controlOf, unpack, type DebianPackage } from './debian.ts';
import { digestOf, MEDIA_TYPE, type Architecture, type Layer } from './oci.ts';
import { BuildError, run } from './run.ts';
import type { Distribution } from './sbom.ts';
import { remembered } from './store.ts';
import { permitNetRaw, textFile, writeTar, type TarEntry } from './tar.ts';

/** Who a container runs as, unless it is told otherwise. */
export const USER_ID = 65_532;

const TRIPLET = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;
const LOADER = {
  amd64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
} as const;

/** The shared libraries that Node names (`readelf --dynamic`), by the Debian package that has them. */
const LIBRARIES = {
  libc6: ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0'],
  'libgcc-s1': ['libgcc_s.so.1'],
  'libstdc++6': ['libstdc++.so.6'],
} as const;

const PASSWD = [
  'root:x:0:0:root:/root:/sbin/nologin',
  `nonroot:x:${USER_ID}:${USER_ID}:nonroot:/:/sbin/nologin`,
];
const GROUP = ['root:x:0:', `nonroot:x:${USER_ID}:`];

/** The tar archive of a layer, and its compressed form. */
export interface BuiltLayer extends Layer {
  readonly tar: Uint8Array;
}

/** Layer 1: the dynamic loader, the libraries, and the few files that make names of hosts and users work. */
export async function libraryLayer(
  architecture: Architecture,
  packages: readonly DebianPackage[],
  folder: string,
): Promise<{ layer: BuiltLayer; distribution: Distribution }> {
  const unpacked = new Map<string, string>();
  for (const each of packages) unpacked.set(each.name, await unpack(each, folder));
  const fileOf = (name: string, ...places: string[]): Uint8Array =>
    readFirst(unpacked.get(name) ?? '', places);
  const triplet = TRIPLET[architecture];
  const libraryPaths = (file: string): string[] => [
    `lib/${triplet}/${file}`,
    `usr/lib/${triplet}/${file}`,
  ];
  const release = Buffer.from(fileOf('base-files', 'usr/lib/os-release')).toString();
  const entries: TarEntry[] = [
    textFile('/etc/os-release', release),
    textFile('/etc/passwd', lines(PASSWD)),
    textFile('/etc/group', lines(GROUP)),
    textFile('/etc/nsswitch.conf', lines(['passwd: files', 'group: files', 'hosts: files dns'])),
    {
      kind: 'file',
      path: LOADER[architecture],
      mode: 0o755,
      content: fileOf('libc6', LOADER[architecture].slice(1), `usr${LOADER[architecture]}`),
    },
    { kind: 'folder', path: '/tmp', mode: 0o1777 },
  ];
  for (const [name, files] of Object.entries(LIBRARIES)) {
    for (const file of files) {
      const content = fileOf(name, ...libraryPaths(file));
      entries.push({ kind: 'file', path: `/usr/lib/${triplet}/${file}`, content });
    }
  }
  for (const each of packages) {
    // Where scanners for vulnerabilities look, and the terms of each package.
    entries.push(textFile(`/var/lib/dpkg/status.d/${each.name}`, await controlOf(each)));
    const terms = path.join(unpacked.get(each.name) ?? '', 'usr/share/doc', each.name, 'copyright');
    if (existsSync(terms))
      entries.push(textFile(`/usr/share/doc/${each.name}/copyright`, readFileSync(terms, 'utf8')));
  }
  return {
    layer: layerOf('Debian’s libraries', entries),
    distribution: {
      id: releaseField(release, 'ID'),
      version: releaseField(release, 'VERSION_ID'),
    },
  };
}

/** Layer 2: Node's own program, byte for byte as npm has it. `tarball`: the npm package. */
export async function nodeLayer(tarball: string, folder: string): Promise<BuiltLayer> {
  await run('tar', ['-xzf', tarball, '-C', folder, 'package/bin/node', 'package/LICENSE']);
  const file = (name: string): Uint8Array => readFileSync(path.join(folder, 'package', name));
  return layerOf('Node.js', [
    { kind: 'file', path: '/usr/bin/node', mode: 0o755, content: file('bin/node') },
    { kind: 'file', path: '/usr/share/doc/node/LICENSE', content: file('LICENSE') },
  ]);
}

/** What is compiled. */
export interface NativeParts {
  readonly addon: { readonly target: string; readonly content: Uint8Array };
  /** The speaker's, which starts it with its capability. */
  readonly launcher?: Uint8Array;
}

/** Layer 3: the daemon. */
export function appLayer(
  title: string,
  bundle: Bundle,
  bill: string,
  { addon, launcher }: NativeParts,
): BuiltLayer {
  const license = readFileSync(path.resolve(import.meta.dirname, '../../LICENSE'), 'utf8');
  const entries: TarEntry[] = [
    ...bundle.files.map(({ name, content }): TarEntry => ({
      kind: 'file',
      path: `/app/${name}`,
      content,
    })),
    textFile('/app/sbom.cdx.json', bill),
    textFile('/usr/share/doc/picluster/LICENSE', license),
    textFile('/usr/share/doc/picluster/third-party-licenses.md', licensesText(bundle.packages)),
    { kind: 'file', path: `/app/build/${addon.target}/packet-socket.node`, content: addon.content },
  ];
  if (launcher !== undefined) {
    entries.push({
      kind: 'file',
      path: '/app/with-net-raw',
      mode: 0o755,
      content: launcher,
      capability: permitNetRaw(),
    });
  }
  return layerOf(title, entries);
}

function layerOf(title: string, entries: readonly TarEntry[]): BuiltLayer {
  const tar = writeTar(entries);
  const diffId = digestOf(tar);
  const hex = diffId.slice('sha256:'.length);
  const bytes = remembered(`${hex}-zlib-${process.versions.zlib}.gz`, () => gzipSync(tar));
  return {
    title,
    diffId,
    tar,
    bytes,
    descriptor: { mediaType: MEDIA_TYPE.LAYER, digest: digestOf(bytes), size: bytes.length },
  };
}

/** A field of os-release, which has quotes or has none. */
function releaseField(release: string, name: string): string {
  return new RegExp(`^${name}="?([^"\\n]+)`, 'm').exec(release)?.[1] ?? '';
}

/** Links are followed: what the image has under the library's short name is the library itself. */
function readFirst(folder: string, places: readonly string[]): Uint8Array {
  const found = places.map((place) => path.join(folder, place)).find((file) => existsSync(file));
  if (found === undefined)
    throw new BuildError(`none of ${places.join(', ')} is in the package (${folder})`);
  return readFileSync(found);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
