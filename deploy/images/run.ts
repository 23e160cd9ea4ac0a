// Running the programs that the build needs.
import { spawn } from 'node:child_process';

/** A failure that the user can understand and mend: no stack trace is shown. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and gives what it printed. Throws {@link BuildError} where it cannot be started or fails. */
export function run(
  program: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    });
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (all += text));
    child.once('error', (cause) =>
      reject(new BuildError(`${program} cannot be run: ${cause.message}`)),
    );
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new BuildError(
            `\`${[program, ...words].join(' ')}\` ended with ${code}:\n${all.slice(-2_000)}`,
          ),
        );
    });
  });
}
