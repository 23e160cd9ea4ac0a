// Compiles native/*.c into build/<platform>-<arch>-<libc>/packet-socket.node, unless that is newer than all of them.
//
//   node scripts/build-native.mjs                                      for this machine, with `cc` (or $CC)
//   CC='zig cc -target aarch64-linux-gnu.2.28' node scripts/build-native.mjs --target linux-arm64-glibc
//
// Elsewhere than on Linux there is nothing to build: the library then says so itself when it is asked to open a socket.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(import.meta.url);
const folder = path.resolve(path.dirname(here), '..');
const native = path.join(folder, 'native');
const { values } = parseArgs({
  options: { target: { type: 'string' }, force: { type: 'boolean', default: false } },
});

function hostTarget() {
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  return `linux-${process.arch}-${glibc ? 'glibc' : 'musl'}`;
}

function modifiedMs(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

function build() {
  if (values.target === undefined && process.platform !== 'linux') {
    return `nothing to build on ${process.platform}: AF_PACKET is Linux's`;
  }
  const target = values.target ?? hostTarget();
  if (!/^linux-[a-z0-9]+-(glibc|musl)$/.test(target)) {
    throw new Error(`--target must look like linux-arm64-glibc, not "${target}"`);
  }
  const sources = readdirSync(native).map((name) => path.join(native, name));
  const output = path.join(folder, 'build', target, 'packet-socket.node');
  const newestSourceMs = Math.max(...sources.map(modifiedMs), modifiedMs(here));
  if (!values.force && modifiedMs(output) > newestSourceMs) return `${target} is up to date`;

  const { include_dir: include } = createRequire(import.meta.url)('node-api-headers');
  const [compiler, ...words] = (process.env.CC || 'cc').split(' ');
  const flags = [
    '-std=gnu11',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fPIC',
    '-fvisibility=hidden',
    '-shared',
    '-s',
  ];
  mkdirSync(path.dirname(output), { recursive: true });
  // A process that has the old file loaded keeps it: the new one takes its name in one step.
  const fresh = `${output}.${process.pid}`;
  const result = spawnSync(
    compiler,
    [
      ...words,
      ...flags,
      `-I${include}`,
      '-o',
      fresh,
      ...sources.filter((file) => file.endsWith('.c')),
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (result.error?.code === 'ENOENT') {
    throw new Error(
      `no C compiler: "${compiler}" is not on the path. Install one (Debian: apt-get install gcc libc6-dev) or set CC.`,
    );
  }
  if (result.status !== 0) {
    rmSync(fresh, { force: true });
    throw new Error(
      `"${compiler}" could not compile ${path.relative(process.cwd(), native)} (see above)`,
    );
  }
  renameSync(fresh, output);
  return `built ${target}`;
}

try {
  process.stdout.write(`packet-socket addon: ${build()}\n`);
} catch (error) {
  process.stderr.write(
    `packet-socket addon: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
