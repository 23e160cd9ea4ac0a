// How long an ARP request waits for its answer: from the kernel, from our responder, and from a Go responder like MetalLB's.
//
//   npx node --conditions=@picluster/source bench/arp-latency/main.ts [--rounds 20] [--requests 2000] [--pause-us 500]
//
// Needs root, a C compiler and Go. All three answer in network namespaces of their own, which are gone when it ends; they are
// asked in turns, so that what else the machine does meets all of them; compare on an idle machine all the same. In shorter turns a responder that slept through the
// others' meets a colder cache. Exit code 1: the promise does not hold.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'tsup';
import { inPrivateNamespaces } from '../in-lab.ts';
import { judge, table, type Measured } from './report.ts';

const here = import.meta.dirname;
const repository = path.resolve(here, '../..');
/** So that the compilers of V8 are done; a responder that has been up for a day has seen more. */
const WARM_UP_REQUESTS = 2000;
/** As in the image: little memory, and a small young generation. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64'];

interface Responder extends Measured {
  /** The prober's end of the cable. */
  readonly interfaceName: string;
  readonly address: string;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '2000' },
    'pause-us': { type: 'string', default: '500' },
  },
});

function positive(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) {
    throw new Error(`--${name} must be a whole number of at least 1, not "${values[name]}"`);
  }
  return number;
}

function run(program: string, words: readonly string[], cwd: string = repository): string {
  return execFileSync(program, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
}

function ip(words: string): void {
  run('ip', words.split(' '));
}

/** Prober, Go responder and our responder as one file, the way it is shipped. */
async function compile(folder: string): Promise<void> {
  run('cc', ['-O2', '-Wall', '-o', path.join(folder, 'prober'), path.join(here, 'prober.c')]);
  run(
    'go',
    ['build', '-o', path.join(folder, 'go-responder'), '.'],
    path.join(here, 'go-responder'),
  );
  run(process.execPath, ['packages/packet-socket/scripts/build-native.mjs']);
  cpSync(path.join(repository, 'packages/packet-socket/build'), path.join(folder, 'build'), {
    recursive: true,
  });
  await build({
    config: false,
    silent: true,
    entry: [path.join(here, 'our-responder.ts')],
    outDir: path.join(folder, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    noExternal: [/^@picluster\//],
    outExtension: () => ({ js: '.mjs' }),
    esbuildOptions: (options) => void (options.conditions = ['@picluster/source']),
  });
}

/** A cable from here to a network namespace of its own, in which somebody will answer for `address`. */
function cable(name: string, number: number): Responder {
  const [ours, theirs, address] = [`probe${number}`, `answer${number}`, `10.99.${number}.1`];
  ip(`netns add lan${number}`);
  ip(`link add ${ours} type veth peer name ${theirs} netns lan${number}`);
  ip(`link set ${ours} up`);
  ip(`-netns lan${number} link set ${theirs} up`);
  return { name, interfaceName: ours, address, times: [], lost: 0 };
}

/** Starts a responder in its namespace; resolves when it says that it is ready. */
async function start(number: number, words: readonly string[]): Promise<ChildProcess> {
  const more = [`answer${number}`, `10.99.${number}.1`];
  const child = spawn('ip', ['netns', 'exec', `lan${number}`, ...words, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.on('exit', (code) => {
    if (code !== null) process.stderr.write(`${words.join(' ')} ended with code ${code}\n`);
  });
  await once(child.stdout, 'data');
  return child;
}

function ask(prober: string, responder: Responder, requests: number, pauseUs: number): void {
  const words = [responder.interfaceName, responder.address, String(requests), String(pauseUs)];
  for (const line of run(prober, words).trim().split('\n')) {
    if (line === 'lost') responder.lost++;
    else responder.times.push(Number(line));
  }
}

async function measure(folder: string): Promise<boolean> {
  const [rounds, requests, pauseUs] = [
    positive('rounds'),
    positive('requests'),
    positive('pause-us'),
  ];
  await compile(folder);
  const kernel = cable('kernel, address on the interface', 0);
  const ours = cable('picluster, bundled', 1);
  const go = cable('Go, mdlayher/packet, no filter', 2);
  const all = [kernel, ours, go];
  const prober = path.join(folder, 'prober');
  const children: ChildProcess[] = [];
  try {
    ip('-netns lan0 address add 10.99.0.1/24 dev answer0');
    children.push(
      await start(1, [
        process.execPath,
        ...NODE_FLAGS,
        path.join(folder, 'dist/our-responder.mjs'),
      ]),
      await start(2, [path.join(folder, 'go-responder')]),
    );
    for (const one of all) ask(prober, one, WARM_UP_REQUESTS, pauseUs);
    for (const one of all) {
      one.times.length = 0;
      one.lost = 0;
    }
    for (let round = 0; round < rounds; round++) {
      for (const one of all) ask(prober, one, requests, pauseUs);
    }
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
  const verdict = judge(kernel, ours, go);
  process.stdout.write(
    `${table(all)}\n\nmedian: ${verdict.timesKernel.toFixed(2)} × the kernel's (promised: at most 3), ` +
      `${verdict.timesGo.toFixed(2)} × the Go responder's (promised: under 0.5): ` +
      `${verdict.holds ? 'holds' : 'DOES NOT HOLD'}\n`,
  );
  return verdict.holds;
}

await inPrivateNamespaces(import.meta.filename, measure);
