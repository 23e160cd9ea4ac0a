// The public surface of each library as one page of declarations, packages/*/api.txt: a change of it is seen in review, and never made by accident.
//
//   npm run api                 says which pages are out of date
//   npm run api -- --update     writes them anew
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { root, say } from './process.mjs';
import type { Manifest } from './release/registry.ts';

const HEAD = 'Made by `npm run api -- --update`. What is new here belongs into a changeset.';

const printer = ts.createPrinter({ removeComments: true });

/** The folders of all libraries that are published, from the root. */
export function libraryFolders(): string[] {
  return globSync('packages/*', { cwd: root })
    .filter((folder) => manifestOf(folder).private !== true)
    .sort();
}

/** Where the page of a library is, from the root. */
export function reportFile(folder: string): string {
  return path.join(folder, 'api.txt');
}

/** The public surface of a library. */
export interface ApiReport {
  readonly page: string;
  /** The names that are exported without a word of what they are. */
  readonly undocumented: readonly string[];
}

/** Of each library by its folder, from the sources: nothing has to be built. */
export function apiReports(): ReadonlyMap<string, ApiReport> {
  const folders = libraryFolders();
  const host = hostWith(emitDeclarations(folders));
  const options = { ...compilerOptions(), customConditions: [] };
  return new Map(
    folders.map((folder) => {
      const entries = entriesOf(folder);
      // One for each: in which order a union is spelled out depends on what else was read.
      const program = ts.createProgram(
        entries.map(({ file }) => file),
        options,
        host,
      );
      const surfaces = entries.map(({ name, file }) => ({
        name,
        surface: new Surface(program, folder, file),
      }));
      const pages = surfaces.map(({ name, surface }) => `# ${name}\n\n${surface.text()}`);
      const undocumented = surfaces.flatMap(({ surface }) => surface.undocumented());
      return [folder, { page: `${HEAD}\n\n${pages.join('\n')}`, undocumented }];
    }),
  );
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

function entriesOf(folder: string): { name: string; file: string }[] {
  const { name, exports = {} } = manifestOf(folder);
  return Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            name: path.posix.join(name, entry),
            file: path.join(root, folder, target['types'] ?? ''),
          },
        ],
  );
}

function compilerOptions(): ts.CompilerOptions {
  const config: unknown = JSON.parse(readFileSync(path.join(root, 'tsconfig.base.json'), 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return {
    ...options,
    types: ['node'],
    composite: false,
    incremental: false,
    declarationMap: false,
  };
}

/** What a build would write into `dist`, by path. */
function emitDeclarations(folders: readonly string[]): ReadonlyMap<string, string> {
  const sources = folders.flatMap((folder) => globSync(`${folder}/src/**/*.ts`, { cwd: root }));
  const program = ts.createProgram(
    sources.map((file) => path.join(root, file)),
    // It is emitted only; whether it is right, others check.
    { ...compilerOptions(), isolatedDeclarations: false, emitDeclarationOnly: true },
  );
  const written = new Map<string, string>();
  program.emit(undefined, (file, text) =>
    written.set(file.replace(/(\/packages\/[^/]+)\/src\//, '$1/dist/'), text),
  );
  return written;
}

/** The disk, with `files` over it. */
function hostWith(files: ReadonlyMap<string, string>): ts.CompilerHost {
  const disk = ts.createCompilerHost({});
  const folders = new Set([...files.keys()].map((file) => path.dirname(file)));
  const parsed = new Map<string, ts.SourceFile | undefined>();
  return {
    ...disk,
    directoryExists: (folder) => folders.has(folder) || ts.sys.directoryExists(folder),
    fileExists: (file) => files.has(file) || disk.fileExists(file),
    readFile: (file) => files.get(file) ?? disk.readFile(file),
    getSourceFile: (file, version) => {
      const text = files.get(file);
      if (!parsed.has(file)) {
        const made =
          text === undefined ? undefined : ts.createSourceFile(file, text, version, true);
        parsed.set(file, made ?? disk.getSourceFile(file, version));
      }
      return parsed.get(file);
    },
  };
}

/** What one module offers. */
class Surface {
  readonly #checker: ts.TypeChecker;
  readonly #home: string;
  /** By name. */
  readonly #exported: readonly (readonly [string, ts.Symbol])[];
  readonly #known: Set<ts.Symbol>;
  readonly #hidden: ts.Symbol[] = [];

  constructor(program: ts.Program, folder: string, file: string) {
    this.#checker = program.getTypeChecker();
    this.#home = path.join(root, folder, 'dist/');
    const source = program.getSourceFile(file);
    const self = source && this.#checker.getSymbolAtLocation(source);
    if (self === undefined) throw new Error(`${file} would be missing, or no module`);
    this.#exported = this.#checker
      .getExportsOfModule(self)
      .map((each) => [each.name, this.#resolve(each)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    this.#known = new Set(this.#exported.map(([, symbol]) => symbol));
  }

  /** All that the module exports, then what that mentions of the package and the module does not export. */
  text(): string {
    const lines = this.#exported.map(([name, symbol]) => this.#print(name, symbol));
    if (this.#hidden.length > 0) lines.push('## Mentioned, not exported');
    // Grows while it is read: what is hidden may mention more.
    for (const symbol of this.#hidden) lines.push(this.#print(symbol.name, symbol));
    return `${lines.join('\n\n')}\n`;
  }

  undocumented(): string[] {
    return this.#exported
      .filter(([, symbol]) => symbol.getDocumentationComment(this.#checker).length === 0)
      .map(([name]) => name);
  }

  #print(name: string, symbol: ts.Symbol): string {
    if (symbol.declarations === undefined) throw new Error(`${name} is declared nowhere`);
    const texts = symbol.declarations.map((declaration) => {
      if (ts.isTypeAliasDeclaration(declaration) && asksForType(declaration))
        return `export type ${symbol.name} = ${this.#spelledOut(declaration)};`;
      const node = publicPart(declaration);
      this.#follow(node);
      return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
    });
    const alias = name === symbol.name ? [] : [`export { ${symbol.name} as ${name} };`];
    return [...texts, ...alias].join('\n');
  }

  /** What the alias is, rather than which values it was taken from. */
  #spelledOut(declaration: ts.TypeAliasDeclaration): string {
    const type = this.#checker.getTypeAtLocation(declaration);
    const node = this.#checker.typeToTypeNode(
      type,
      declaration,
      ts.NodeBuilderFlags.NoTruncation |
        ts.NodeBuilderFlags.InTypeAlias |
        ts.NodeBuilderFlags.MultilineObjectLiterals,
    );
    if (node === undefined) throw new Error(`${declaration.name.text} cannot be spelled out`);
    return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
  }

  #follow(node: ts.Node): void {
    const found = ts.isIdentifier(node) ? this.#checker.getSymbolAtLocation(node) : undefined;
    const symbol = found && this.#resolve(found);
    if (symbol !== undefined && !this.#known.has(symbol) && this.#isOurs(symbol)) {
      this.#known.add(symbol);
      this.#hidden.push(symbol);
    }
    ts.forEachChild(node, (child) => this.#follow(child));
  }

  #isOurs({ declarations = [] }: ts.Symbol): boolean {
    return declarations.some(
      (each) => isTopLevel(each) && each.getSourceFile().fileName.startsWith(this.#home),
    );
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** Whether `typeof` is in it. */
function asksForType(node: ts.Node): boolean {
  return ts.isTypeQueryNode(node) || ts.forEachChild(node, asksForType) === true;
}

function isTopLevel(declaration: ts.Declaration): boolean {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return holder.parent !== undefined && ts.isSourceFile(holder.parent);
}

/** A declaration as others can use it: without private members. */
function publicPart(declaration: ts.Declaration): ts.Node {
  if (ts.isVariableDeclaration(declaration)) return declaration.parent.parent;
  if (!ts.isClassDeclaration(declaration)) return declaration;
  const { modifiers, name, typeParameters, heritageClauses, members } = declaration;
  return ts.factory.updateClassDeclaration(
    declaration,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members.filter((member) => !(member.name && ts.isPrivateIdentifier(member.name))),
  );
}

function main(update: boolean): void {
  for (const [folder, { page }] of apiReports()) {
    const file = path.join(root, reportFile(folder));
    if (update) writeFileSync(file, page);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
      say(`${reportFile(folder)} is out of date: npm run api -- --update`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--update'));
