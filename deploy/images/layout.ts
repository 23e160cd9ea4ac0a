// An OCI layout on disk, and the same as one file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layoutIndex, type Blob } from './oci.ts';
import { textFile, writeTar, type TarEntry } from './tar.ts';

/** An image for all its platforms, under its full name such as `localhost/picluster-speaker:0.1.0`. */
export interface NamedImage {
  readonly name: string;
  readonly index: Blob;
  /** Everything that the index leads to. */
  readonly blobs: readonly Blob[];
}

/** The files of the layout. What several images share is in it once. */
export function layoutFiles(images: readonly NamedImage[]): TarEntry[] {
  const blobs = new Map<string, Uint8Array>();
  for (const { index, blobs: parts } of images)
    for (const { descriptor, bytes } of [index, ...parts])
      blobs.set(descriptor.digest.replace(':', '/'), bytes);
  const named = images.map(({ name, index }) => ({ name, descriptor: index.descriptor }));
  return [
    textFile('/oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })),
    { kind: 'file', path: '/index.json', content: layoutIndex(named) },
    ...[...blobs].map(([place, content]): TarEntry => ({
      kind: 'file',
      path: `/blobs/${place}`,
      content,
    })),
  ];
}

/** Writes the layout as a folder, in place of what is there. */
export function writeLayout(folder: string, files: readonly TarEntry[]): void {
  rmSync(folder, { recursive: true, force: true });
  for (const entry of files) {
    if (entry.kind !== 'file') continue;
    const file = path.join(folder, entry.path);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, entry.content);
  }
}

/** Writes the layout as one archive, which containerd, Podman and skopeo read as it is. */
export function writeArchive(file: string, files: readonly TarEntry[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, writeTar(files));
}
