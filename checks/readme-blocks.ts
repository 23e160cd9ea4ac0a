// The programs in our READMEs. Every ```ts block is one; each `// => text` beside a console.log is what that line must print. A block that needs a
// cluster or rights says ```ts no-run, and is only type-checked.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A block of code of a README. */
export interface Block {
  readonly name: string;
  readonly run: boolean;
  /** A module by itself. */
  readonly code: string;
  /** The lines that it promises to print. */
  readonly promised: readonly string[];
}

const root = path.resolve(import.meta.dirname, '..');

/** The README of the repository and that of each package, from the root. */
export const readmes: readonly string[] = [
  'README.md',
  ...globSync('packages/*/README.md', { cwd: root }).sort(),
];

export function readmeBlocks(): readonly Block[] {
  return readmes.flatMap((file) =>
    [
      ...readFileSync(path.join(root, file), 'utf8').matchAll(/^```ts( no-run)?\n(.*?)^```$/gms),
    ].map(([, noRun, text = ''], index) => ({
      name: `${file} #${index + 1}`,
      run: noRun === undefined,
      code: `${text}\nexport {};\n`,
      promised: [...text.matchAll(/\/\/ => (.*)$/gm)].map((match) => match[1] ?? ''),
    })),
  );
}
