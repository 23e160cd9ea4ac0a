// The bill of materials of an image: CycloneDX 1.6, from what is really in it.
import type { BundledPackage } from './bundle.ts';
import type { DebianInput, NpmInput } from './inputs.ts';
import type { Architecture } from './oci.ts';
import { checksumOfIntegrity } from './store.ts';

/** Where the libraries come from, by `ID` and `VERSION_ID` of its os-release: `debian` and `12`. */
export interface Distribution {
  readonly id: string;
  readonly version: string;
}

/** What one image of one architecture is made of. */
export interface Materials {
  readonly name: string;
  readonly version: string;
  readonly architecture: Architecture;
  readonly packages: readonly BundledPackage[];
  readonly node: NpmInput;
  readonly debian: readonly DebianInput[];
  readonly distribution: Distribution;
}

interface Component {
  readonly type: 'application' | 'library' | 'platform';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe?: string;
  readonly hashes?: readonly { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  readonly licenses?: readonly { expression: string }[];
}

/** The bill as JSON; the same materials give the same bytes. */
export function billOfMaterials(materials: Materials): string {
  const { name, version } = materials;
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': name,
        name,
        version,
        properties: [{ name: 'picluster:architecture', value: materials.architecture }],
      },
    },
    components: [
      ...materials.packages.map(bundledComponent),
      nodeComponent(materials.node),
      ...materials.debian.map((each) => debianComponent(each, materials)),
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** A purl of npm: the `@` of a scope is escaped. */
function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function sha512(integrity: string): NonNullable<Component['hashes']> {
  return [{ alg: 'SHA-512', content: checksumOfIntegrity(integrity).hex }];
}

function bundledComponent({ name, version, license, integrity }: BundledPackage): Component {
  const purl = npmPurl(name, version);
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(integrity === undefined ? {} : { hashes: sha512(integrity) }),
    ...(license === 'NOASSERTION' ? {} : { licenses: [{ expression: license }] }),
  };
}

function nodeComponent({ name, version, integrity }: NpmInput): Component {
  const purl = npmPurl(name, version);
  return {
    type: 'platform',
    'bom-ref': purl,
    name: 'node',
    version,
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes: sha512(integrity),
    licenses: [{ expression: 'MIT' }],
  };
}

function debianComponent(
  { name, version, sha256 }: DebianInput,
  { architecture, distribution: { id, version: release } }: Materials,
): Component {
  const purl = `pkg:deb/${id}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${id}-${release}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  };
}
