// Reads an OCI layout as a registry's client would: nothing is believed that its digest does not confirm.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a layout says of a content. */
export interface Named {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

/** An image for one platform. */
export interface Image {
  readonly manifestDigest: string;
  readonly layers: readonly Named[];
  readonly config: {
    readonly architecture: string;
    readonly os: string;
    readonly config: {
      readonly User: string;
      readonly Entrypoint: readonly string[];
      readonly Env: readonly string[];
      readonly WorkingDir: string;
      readonly StopSignal: string;
      readonly Labels: Readonly<Record<string, string>>;
    };
    readonly rootfs: { readonly diff_ids: readonly string[] };
  };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A layout in a folder. */
export class LayoutReader {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get version(): string {
    const text = readFileSync(path.join(this.#folder, 'oci-layout'), 'utf8');
    return (JSON.parse(text) as { imageLayoutVersion: string }).imageLayoutVersion;
  }

  /** The digests of all that is kept. */
  get kept(): string[] {
    return readdirSync(path.join(this.#folder, 'blobs', 'sha256')).map((hex) => `sha256:${hex}`);
  }

  /** The images of `index.json`, by name. */
  get names(): Map<string, Named> {
    const bytes = readFileSync(path.join(this.#folder, 'index.json'));
    const index = JSON.parse(bytes.toString()) as { manifests: readonly Named[] };
    return new Map(
      index.manifests.map((each) => [
        each.annotations?.['org.opencontainers.image.ref.name'] ?? '',
        each,
      ]),
    );
  }

  pathOf(digest: string): string {
    return path.join(this.#folder, 'blobs', ...digest.split(':'));
  }

  /** The bytes of a content. Throws where they are not what was named. */
  read({ digest, size }: Named): Buffer {
    const bytes = readFileSync(this.pathOf(digest));
    if (bytes.length !== size || sha256(bytes) !== digest)
      throw new Error(`${digest} is not what it should be`);
    return bytes;
  }

  /** The manifests of an image, one for each platform. */
  platforms(name: string): readonly Named[] {
    const image = this.names.get(name);
    if (image === undefined) throw new Error(`${name} is not in the layout`);
    return (JSON.parse(this.read(image).toString()) as { manifests: readonly Named[] }).manifests;
  }

  image(name: string, architecture: string): Image {
    const found = this.platforms(name).find((each) => each.platform?.architecture === architecture);
    if (found === undefined) throw new Error(`${name} is not there for ${architecture}`);
    const manifest = JSON.parse(this.read(found).toString()) as {
      config: Named;
      layers: readonly Named[];
    };
    const config = JSON.parse(this.read(manifest.config).toString()) as Image['config'];
    return { manifestDigest: found.digest, layers: manifest.layers, config };
  }
}
