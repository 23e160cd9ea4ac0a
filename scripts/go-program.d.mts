/** The version of a module that a folder's go.mod requires, such as `v1.37.2`. */
export function requiredVersion(source: string, module: string): string;

/** Where a program's sources are, and what they are called. */
export interface GoProgram {
  readonly name: string;
  readonly version: string;
  /** The folder of its go.mod. */
  readonly source: string;
  /** What is built there; default: the folder itself. */
  readonly package?: string;
  readonly linkFlags?: readonly string[];
  /** How long it takes, in words. */
  readonly takes: string;
}

/** The path of a program, which is built first if it is not in the cache. Rejects with a message for people where it cannot be built. */
export function ensureGoProgram(program: GoProgram, say?: (line: string) => void): Promise<string>;
