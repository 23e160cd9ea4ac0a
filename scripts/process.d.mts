/** The repository's folder. */
export const root: string;
/** Node 24 of the devDependencies. */
export const node: string;

/** How a program is run: see `process.mjs`. */
export interface RunOptions {
  /** Keep the output for the failure message instead of showing it. */
  readonly quiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Prints a line. */
export function say(text: string): void;
/** A failure that the user can understand and mend: no stack trace is shown. */
export function expected(message: string): Error;
/** Runs a program, with the repository's Node first on the path, and resolves with its exit code and, where it is quiet, its output. */
export function run(
  program: string,
  words: readonly string[],
  options?: RunOptions,
): Promise<{ code: number; output: string }>;
/** Like `run`, but a non-zero exit is a failure that shows the output. */
export function must(
  program: string,
  words: readonly string[],
  options?: RunOptions,
): Promise<string>;
/** Shows that a slow step is alive: a line at its start, one every 20 s, and its time at the end. */
export function step<T>(title: string, work: () => Promise<T>): Promise<T>;
