// The images that `npm run images` left.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { LayoutReader, type Image } from './layout-reader.ts';

const images = path.resolve(import.meta.dirname, '../../deploy/images');

/** Where `npm run images` writes. */
export const output: string = path.join(images, 'dist');
/** The program behind `npm run images`. */
export const builder: string = path.join(images, 'main.ts');

/** The architecture of this machine: its images run here as they are. */
export const NATIVE: 'amd64' | 'arm64' = process.arch === 'arm64' ? 'arm64' : 'amd64';

export type Daemon = 'controller' | 'speaker';
export const DAEMONS: readonly Daemon[] = ['controller', 'speaker'];

/** Throws where nothing was built yet. */
export function builtLayout(): LayoutReader {
  const folder = path.join(output, 'layout');
  if (!existsSync(folder)) throw new Error('there are no images: npm run images');
  return new LayoutReader(folder);
}

/** The full name of a daemon's image in the layout. */
export function nameOf(layout: LayoutReader, daemon: Daemon): string {
  const found = [...layout.names.keys()].find((name) => name.includes(`-${daemon}:`));
  if (found === undefined) throw new Error(`no image of the ${daemon} in the layout`);
  return found;
}

export function imageFor(layout: LayoutReader, daemon: Daemon, architecture: string): Image {
  return layout.image(nameOf(layout, daemon), architecture);
}
