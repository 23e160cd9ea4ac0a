import { spawn } from 'node:child_process';
import { commandIn } from './processes.ts';

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  /** Network namespace by its `ip netns` name. */
  readonly netns?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** The command is killed after this time; the result then has the code `null`. Default 30 s. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end. Rejects only where it cannot be started. */
export function tryRun(
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Finished> {
  const [program, ...args] = commandIn(options.netns, command);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? 30_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined); // A command that ends without reading is no fault of ours.
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a command that must succeed, and gives its standard output. Rejects with what it wrote otherwise. */
export async function run(
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, options);
  if (code !== 0) {
    const where = options.netns === undefined ? '' : ` in ${options.netns}`;
    throw new Error(
      `\`${command.join(' ')}\`${where} ended with ${code ?? 'a signal'}: ${(stderr || stdout).trim()}`,
    );
  }
  return stdout;
}
