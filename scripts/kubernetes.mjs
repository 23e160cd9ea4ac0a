#!/usr/bin/env node
// Builds the lab's Kubernetes (etcd, kube-apiserver, kube-controller-manager, kube-proxy, kubectl and client-go's elector
// in one program) from their published Go modules, once, and keeps it in the cache. Prints the program's path.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheFolder, makeCacheFolder } from './cache.mjs';

const GO_OLDEST = [1, 21]; // From here on `go` fetches by itself the toolchain that go.mod names.
const PROGRESS_EVERY_MS = 20_000;
const BUILD_LIMIT_MS = 60 * 60_000;

const source = fileURLToPath(new URL('../e2e/kubernetes', import.meta.url));

/** The version that go.mod requires, such as `v1.37.2`. */
function kubernetesVersion() {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)/m.exec(
    readFileSync(path.join(source, 'go.mod'), 'utf8'),
  )?.[1];
  if (version === undefined)
    throw new Error('e2e/kubernetes/go.mod does not require k8s.io/kubernetes');
  return version;
}

/** Where the program is, or will be, for the sources as they are now. */
export function kubernetesPath() {
  const files = readdirSync(source)
    .filter((name) => name.endsWith('.go') || name === 'go.mod')
    .sort()
    .map((name) => path.join(source, name));
  return path.join(cacheFolder(`kubernetes-${kubernetesVersion()}`, files), 'kubernetes');
}

function checkGo() {
  const result = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: '/' });
  if (result.error !== undefined || result.status !== 0) {
    throw new Error(
      'Go is missing: the lab builds Kubernetes from its Go modules. Install Go 1.26 or later.',
    );
  }
  const [major, minor] = (/go(\d+)\.(\d+)/.exec(result.stdout)?.slice(1) ?? [0, 0]).map(Number);
  if (major < GO_OLDEST[0] || (major === GO_OLDEST[0] && minor < GO_OLDEST[1])) {
    throw new Error(
      `Go is too old (${result.stdout.trim()}): Kubernetes needs 1.26; 1.21 or later fetches that by itself.`,
    );
  }
}

function linkFlags(version) {
  const [major, minor] = version.slice(1).split('.');
  const variables = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  };
  const assignments = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-s', '-w', ...assignments].join(' ');
}

async function build(output, say) {
  const version = kubernetesVersion();
  const startedMs = performance.now();
  const elapsed = () => `${Math.round((performance.now() - startedMs) / 1000)} s`;
  say(
    `building Kubernetes ${version} from its Go modules: about 10 min on 2 cores, once (then cached in ${path.dirname(output)})`,
  );
  const partial = `${output}.${process.pid}.partial`;
  const child = spawn(
    'go',
    ['build', '-trimpath', '-ldflags', linkFlags(version), '-o', partial, '.'],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_LIMIT_MS,
    },
  );
  let last = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-8_000);
    last = text.trim().split('\n').at(-1) ?? last;
  });
  const progress = setInterval(
    () => say(`  still building Kubernetes, ${elapsed()}${last ? ` (${last})` : ''}`),
    PROGRESS_EVERY_MS,
  );
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  }).finally(() => clearInterval(progress));
  if (code !== 0) {
    rmSync(partial, { force: true });
    throw new Error(`go build of Kubernetes failed (exit code ${code}):\n${errors}`);
  }
  renameSync(partial, output);
  say(`built Kubernetes ${version} in ${elapsed()}`);
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
 * The path of the multi-call program (`kubernetes kube-apiserver …`), which is built first if it is not in the cache.
 *
 * `$PICLUSTER_KUBERNETES` names one that is to be used instead. Rejects with a message for people where Go is missing or
 * too old, or the build fails.
 */
export async function ensureKubernetes(say = (line) => process.stderr.write(`${line}\n`)) {
  const given = process.env.PICLUSTER_KUBERNETES;
  if (given) return given;
  const output = kubernetesPath();
  if (existsSync(output)) return output;
  checkGo();
  makeCacheFolder(path.dirname(output));
  const lockFile = `${output}.building`;
  if (await lock(lockFile, () => existsSync(output))) {
    try {
      if (!existsSync(output)) await build(output, say);
    } finally {
      rmSync(lockFile, { force: true });
    }
  }
  return output;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await ensureKubernetes()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
