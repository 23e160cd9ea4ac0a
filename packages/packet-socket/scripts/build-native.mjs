// Compiles native/*.c into build/linux-<arch>/packet-socket.node, unless that is newer than all of them.
//
//   node scripts/build-native.mjs                           for this machine, with `cc` (or $CC)
//   node scripts/build-native.mjs --target linux-arm64      for another, with Debian's cross compiler (or $CC)
//   node scripts/build-native.mjs --published               for each that the npm package carries; $CC is not asked
//
// One file serves glibc and musl: it is linked against neither and names no version of a symbol. What it needs of the C library and of libuv is in the
// process that loads it. Elsewhere than on Linux there is nothing to build: the library then says so itself when it is asked to open a socket.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(import.meta.url);
const folder = path.resolve(path.dirname(here), '..');
const native = path.join(folder, 'native');
const PUBLISHED = ['linux-x64', 'linux-arm64'];

/** Debian's names of the compilers for other architectures than this machine's. */
const CROSS_COMPILERS = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };

const FLAGS = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-fvisibility=hidden',
  '-shared',
  '-s',
  '-nostdlib',
  // Some systems' compilers turn these on, which brings in functions that only one C library has.
  '-U_FORTIFY_SOURCE',
  '-fno-stack-protector',
  // A symbol that the process lacks is a failure to load, not one in the middle of a packet.
  '-Wl,-z,relro,-z,now',
  '-Wl,--build-id=none',
];

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    published: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
  },
});

function modifiedMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

/** Those of the development dependency, else those that came with this Node. */
function headers() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    const own = path.resolve(process.execPath, '../../include/node');
    if (existsSync(path.join(own, 'node_api.h'))) return own;
    throw new Error('no Node-API headers: npm install node-api-headers');
  }
}

function compilerFor(architecture) {
  const { CC: given } = process.env;
  if (given && !values.published) return given;
  return architecture === process.arch ? 'cc' : (CROSS_COMPILERS[architecture] ?? 'cc');
}

function compile(target, sources, output) {
  const [compiler, ...words] = compilerFor(target.slice('linux-'.length)).split(' ');
  const inputs = sources.filter((file) => file.endsWith('.c'));
  const result = spawnSync(
    compiler,
    [...words, ...FLAGS, `-I${headers()}`, '-o', output, ...inputs],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.error?.code === 'ENOENT') {
    throw new Error(
      `no C compiler for ${target}: "${compiler}" is not on the path. Install one (Debian: apt-get install gcc libc6-dev, ` +
        'or g++-aarch64-linux-gnu, g++-x86-64-linux-gnu for the other architecture) or set CC.',
    );
  }
  if (result.status !== 0) {
    rmSync(output, { force: true });
    throw new Error(
      `"${compiler}" could not compile ${path.relative(process.cwd(), native)} (see above)`,
    );
  }
}

const outputOf = (target) => path.join(folder, 'build', target, 'packet-socket.node');

function build(target) {
  if (!/^linux-[a-z0-9]+$/.test(target)) {
    throw new Error(`--target must look like linux-arm64, not "${target}"`);
  }
  const sources = readdirSync(native).map((name) => path.join(native, name));
  const output = outputOf(target);
  const newestSourceMs = Math.max(...sources.map(modifiedMs), modifiedMs(here));
  // A cache of builds that keeps an old file of another target beside our new one would give it back with a new date.
  for (const other of PUBLISHED.map(outputOf)) {
    if (other !== output && modifiedMs(other) <= newestSourceMs) rmSync(other, { force: true });
  }
  if (!values.force && modifiedMs(output) > newestSourceMs) return `${target} is up to date`;
  mkdirSync(path.dirname(output), { recursive: true });
  // A process that has the old file loaded keeps it: the new one takes its name in one step.
  const fresh = `${output}.${process.pid}`;
  compile(target, sources, fresh);
  renameSync(fresh, output);
  return `built ${target}`;
}

function main() {
  if (values.published) return PUBLISHED.map(build);
  if (values.target === undefined && process.platform !== 'linux') {
    return [`nothing to build on ${process.platform}: AF_PACKET is Linux's`];
  }
  return [build(values.target ?? `linux-${process.arch}`)];
}

try {
  for (const line of main()) process.stdout.write(`packet-socket addon: ${line}\n`);
} catch (error) {
  process.stderr.write(
    `packet-socket addon: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
