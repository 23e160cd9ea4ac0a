// The JSON of an OCI image (image-spec 1.1): configurations, manifests, indexes. No file is touched here.
import { createHash } from 'node:crypto';

/** What a content is named by: `sha256:<hex>`. */
export type Digest = `sha256:${string}`;

/** The architectures that images are made for, as OCI (and Debian) spells them. */
export type Architecture = 'amd64' | 'arm64';

/** A content by its type, digest and size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: { readonly architecture: Architecture; readonly os: 'linux' };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A content that a layout keeps: its descriptor, and the bytes themselves. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A layer: compressed, and the digest of what comes out. */
export interface Layer extends Blob {
  readonly diffId: Digest;
  /** What it holds, for the image's history. */
  readonly title: string;
}

/** How a container of the image runs. */
export interface RunSettings {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
}

export const MEDIA_TYPE = {
  CONFIG: 'application/vnd.oci.image.config.v1+json',
  MANIFEST: 'application/vnd.oci.image.manifest.v1+json',
  INDEX: 'application/vnd.oci.image.index.v1+json',
  LAYER: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** The same for every build: a time of day would make each another one. */
const CREATED = '1970-01-01T00:00:00Z';

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function jsonBlob(mediaType: string, content: object): Blob {
  const bytes = Buffer.from(JSON.stringify(content));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** The image for one platform: its manifest, and the configuration that the manifest names. */
export function imageOf(
  architecture: Architecture,
  config: RunSettings,
  layers: readonly Layer[],
): { manifest: Blob; config: Blob } {
  const platform = { architecture, os: 'linux' } as const;
  const configBlob = jsonBlob(MEDIA_TYPE.CONFIG, {
    created: CREATED,
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ title }) => ({ created: CREATED, created_by: title })),
  });
  const manifest = jsonBlob(MEDIA_TYPE.MANIFEST, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.MANIFEST,
    config: configBlob.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    annotations: config.Labels,
  });
  const descriptor = { ...manifest.descriptor, platform };
  return { manifest: { ...manifest, descriptor }, config: configBlob };
}

/** The image for all its platforms. */
export function indexOf(manifests: readonly Descriptor[], labels: RunSettings['Labels']): Blob {
  return jsonBlob(MEDIA_TYPE.INDEX, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.INDEX,
    manifests,
    annotations: labels,
  });
}

/** `index.json` of a layout: its images by their names. containerd reads the one annotation, the other tools the other. */
export function layoutIndex(
  images: readonly { name: string; descriptor: Descriptor }[],
): Uint8Array {
  return jsonBlob(MEDIA_TYPE.INDEX, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.INDEX,
    manifests: images.map(({ name, descriptor }) => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': name,
      },
    })),
  }).bytes;
}
