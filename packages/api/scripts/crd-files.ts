import { stringify } from 'yaml';
import { crdManifests } from '../src/index.ts';

/** The files of deploy/crds: name and text. */
export function crdFiles(): readonly (readonly [name: string, text: string])[] {
  return crdManifests.map((manifest) => {
    const [plural, ...group] = manifest.metadata.name.split('.');
    const head = '# Generated from packages/api by its scripts/generate-crds.ts. Do not edit.\n';
    const body = stringify(manifest, { lineWidth: 120, aliasDuplicateObjects: false });
    return [`${group.join('.')}_${plural}.yaml`, head + body];
  });
}
