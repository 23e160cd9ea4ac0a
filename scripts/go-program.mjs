// Builds programs of others from their published Go modules, once, and keeps them in the cache.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder, makeCacheFolder } from './cache.mjs';

const GO_OLDEST = [1, 21]; // From here on `go` fetches by itself the toolchain that go.mod names.
const PROGRESS_EVERY_MS = 20_000;
const BUILD_LIMIT_MS = 60 * 60_000;

/** The version of a module that a folder's go.mod requires, such as `v1.37.2`. */
export function requiredVersion(source, module) {
  const text = readFileSync(path.join(source, 'go.mod'), 'utf8');
  const line = text.split('\n').find((each) => each.trim().startsWith(`${module} v`));
  const version = line?.trim().split(/\s+/)[1];
  if (version === undefined) throw new Error(`${source}/go.mod does not require ${module}`);
  return version;
}

/** Where a program is, or will be, for its sources as they are now. `program`: see `ensureGoProgram`. */
export function goProgramPath({ name, version, source }) {
  const files = readdirSync(source)
    .filter((file) => file.endsWith('.go') || file === 'go.mod')
    .sort()
    .map((file) => path.join(source, file));
  return path.join(cacheFolder(`${name}-${version}`, files), name);
}

/** Refuses with a sentence for people where Go is missing or too old. */
export function checkGo(what) {
  const result = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: '/' });
  if (result.error !== undefined || result.status !== 0) {
    throw new Error(
      `Go is missing: ${what} is built from its Go modules. Install Go 1.26 or later.`,
    );
  }
  const [major, minor] = (/go(\d+)\.(\d+)/.exec(result.stdout)?.slice(1) ?? [0, 0]).map(Number);
  if (major < GO_OLDEST[0] || (major === GO_OLDEST[0] && minor < GO_OLDEST[1])) {
    throw new Error(
      `Go is too old (${result.stdout.trim()}): ${what} needs 1.26; 1.21 or later fetches that by itself.`,
    );
  }
}

async function build(program, output, say) {
  const { name, version, source, package: goPackage = '.', linkFlags = [], takes } = program;
  const startedMs = performance.now();
  const elapsed = () => `${Math.round((performance.now() - startedMs) / 1000)} s`;
  const what = `${name} ${version}`;
  say(
    `building ${what} from its Go modules: ${takes}, once (then cached in ${path.dirname(output)})`,
  );
  const partial = `${output}.${process.pid}.partial`;
  const ldflags = ['-s', '-w', ...linkFlags].join(' ');
  const child = spawn('go', ['build', '-trimpath', '-ldflags', ldflags, '-o', partial, goPackage], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: BUILD_LIMIT_MS,
  });
  let errors = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text) => void (errors = (errors + text).slice(-8_000)));
  const progress = setInterval(
    () => say(`  still building ${what}, ${elapsed()}`),
    PROGRESS_EVERY_MS,
  );
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  }).finally(() => clearInterval(progress));
  if (code !== 0) {
    rmSync(partial, { force: true });
    throw new Error(`go build of ${what} failed (exit code ${code}):\n${errors}`);
  }
  renameSync(partial, output);
  say(`built ${what} in ${elapsed()}`);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the build lock, or waits while a living process holds it. */
async function lock(file, until) {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0 && isRunning(holder)) await sleep(1_000);
    else rmSync(file, { force: true });
    if (until()) return false;
  }
}

/**
 * The path of a program, which is built first if it is not in the cache. Rejects with a message for people where it cannot be built.
 *
 * `name` and `version` name it; `source` is the folder of its go.mod; `package` what is built there (default: the folder itself);
 * `linkFlags` go to the linker; `takes` says how long, in words.
 */
export async function ensureGoProgram(program, say = (line) => process.stderr.write(`${line}\n`)) {
  const output = goProgramPath(program);
  if (existsSync(output)) return output;
  checkGo(program.name);
  makeCacheFolder(path.dirname(output));
  const lockFile = `${output}.building`;
  if (await lock(lockFile, () => existsSync(output))) {
    try {
      if (!existsSync(output)) await build(program, output, say);
    } finally {
      rmSync(lockFile, { force: true });
    }
  }
  return output;
}
