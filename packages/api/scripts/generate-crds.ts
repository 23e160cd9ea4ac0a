// Writes deploy/crds from the schemas. Run: npx node --conditions=@picluster/source packages/api/scripts/generate-crds.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crdFiles } from './crd-files.ts';

const folder = fileURLToPath(new URL('../../../deploy/crds/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, text] of crdFiles()) writeFileSync(`${folder}${name}`, text);
