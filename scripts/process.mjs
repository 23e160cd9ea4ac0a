// Running other programs: with the repository's Node first on the path, output shown or kept, and failures as one clear sentence.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const bin = path.join(root, 'node_modules', '.bin');

/** Node 24 of the devDependencies. */
export const node = path.join(bin, 'node');

export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** A failure that the user can understand and mend: no stack trace is shown. */
export function expected(message) {
  return Object.assign(new Error(message), { expected: true });
}

export function environment(extra = {}) {
  return {
    ...process.env,
    NX_DAEMON: 'false',
    ...extra,
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
  };
}

/** Whether `program` is on the path. */
export function has(program) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

/**
 * Runs a program in the repository's root and resolves with its exit code and what it printed. `quiet` keeps the output for the failure
 * message instead of showing it.
 */
export function run(program, words, { quiet = false, env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd,
      env: environment(env),
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(expected(`${program}: ${error.message}`)));
    // A signal that ends us goes to the child first, so that it can tidy up.
    const forward = (signal) => child.kill(signal);
    process.once('SIGINT', forward).once('SIGTERM', forward);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve({ code: code ?? (signal === null ? 1 : 130), output });
    });
  });
}

/** Like `run`, but a non-zero exit is a failure that shows the output. */
export async function must(program, words, options = {}) {
  const { code, output } = await run(program, words, options);
  if (code !== 0) {
    if (output !== '') say(output);
    throw expected(`\`${[program, ...words].join(' ')}\` ended with code ${code}`);
  }
  return output;
}

/** Shows that a slow step is alive: a line at its start, one every 20 s, and its time at the end. */
export async function step(title, work) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  say(`▸ ${title}`);
  const ticker = setInterval(() => say(`  … ${title}: ${seconds()}`), 20_000);
  try {
    const result = await work();
    say(`  ✓ ${title} (${seconds()})`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}
