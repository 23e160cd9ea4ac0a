// How long it takes until four routers have 1,000 and 10,000 prefixes of one node, what CPU that costs the sender, and what a session costs that only stands: our library beside GoBGP's,
// both told the same by a few lines around them.
//
//   npx node --conditions=@picluster/source bench/bgp-scale/main.ts [--runs 5]
//
// Needs Go for the peer, and gobgpd and gobgp (Debian: gobgpd) for the routers. Everything runs over loopback in namespaces of its own.
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureGoProgram, requiredVersion } from '../../scripts/go-program.mjs';
import { waitFor } from '../../e2e/lab/wait-for.ts';
import { inPrivateNamespaces } from '../in-lab.ts';
import { addAddresses, pairs, Receiver } from './receiver.ts';
import { Sender } from './sender.ts';

const COUNTS = [1000, 10_000] as const;
const ROUTERS = 4;
const SESSIONS = 64;
const API_PORT = 50_100;
const POLL_MS = 10;
/** What only stands is measured after a rest: garbage of the beginning is gone then. */
const REST_MS = 5000;
const LIMIT_MS = 120_000;

type Command = readonly [string, ...string[]];

interface Reading {
  readonly ms: number;
  readonly cpuMs: number;
}

interface Contestant {
  readonly name: string;
  readonly command: Command;
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const here = import.meta.dirname;

async function contestants(): Promise<Contestant[]> {
  const source = path.join(here, 'go-sender');
  const version = requiredVersion(source, 'github.com/osrg/gobgp/v3');
  const takes = 'a minute';
  const program = await ensureGoProgram({ name: 'bgp-sender', version, source, takes });
  const ours = path.join(here, 'our-sender.ts');
  return [
    { name: 'ours', command: [process.execPath, '--conditions=@picluster/source', ours] },
    { name: `GoBGP ${version}`, command: [program] },
  ];
}

/** One run: fresh routers, a fresh sender, and all prefixes at once. */
async function announce(command: Command, folder: string, count: number): Promise<Reading> {
  await using stack = new AsyncDisposableStack();
  const peers = pairs(ROUTERS);
  const routers = peers.map((peer, at) => stack.use(new Receiver(folder, API_PORT + at, [peer])));
  for (const router of routers) await waitFor('a router', async () => await router.answers());
  const sender = stack.use(new Sender(command, folder, peers));
  await sender.established();
  await sleep(1000);
  const cpu = sender.cpu();
  const startedMs = performance.now();
  sender.announce(count);
  for (const router of routers) {
    while ((await router.prefixes()) < count) {
      if (performance.now() - startedMs > LIMIT_MS) throw new Error(`no ${count} prefixes in time`);
      await sleep(POLL_MS);
    }
  }
  const ms = performance.now() - startedMs;
  // What the last acknowledgements cost.
  await sleep(200);
  return { ms, cpuMs: (sender.cpu() - cpu) * 1000 };
}

/** What `sessions` that stand cost, in MB that no file backs. */
async function standing(command: Command, folder: string, sessions: number): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const peers = pairs(sessions);
  const router = stack.use(new Receiver(folder, API_PORT, peers));
  await waitFor('a router', async () => await router.answers());
  const sender = stack.use(new Sender(command, folder, peers));
  await sender.established();
  await sleep(REST_MS);
  return sender.anonymousMb();
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

async function measure({ command }: Contestant, folder: string): Promise<number[]> {
  const row: number[] = [];
  for (const count of COUNTS) {
    const readings: Reading[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      readings.push(await announce(command, folder, count));
    }
    row.push(median(readings.map(({ ms }) => ms)), median(readings.map(({ cpuMs }) => cpuMs)));
  }
  const [none, many] = [
    await standing(command, folder, 1),
    await standing(command, folder, SESSIONS),
  ];
  return [...row, none, ((many - none) / (SESSIONS - 1)) * 1024];
}

const ROWS = [
  ...COUNTS.flatMap((count) => {
    const all = `${count.toLocaleString('en')} prefixes, ${ROUTERS} routers`;
    return [`${all}: until all have all, ms`, `${all}: CPU of the sender, ms`];
  }),
  'one session that stands: anonymous memory of the process, MB',
  'each further session, kB',
];

await inPrivateNamespaces(import.meta.filename, async (folder) => {
  addAddresses(SESSIONS);
  const all = await contestants();
  const columns: number[][] = [];
  for (const contestant of all) columns.push(await measure(contestant, folder));
  const cell = (value: number | undefined): string =>
    value === undefined ? '' : value.toFixed(value < 10 ? 1 : 0);
  const print = (cells: readonly string[]): void =>
    void process.stdout.write(`| ${cells.join(' | ')} |\n`);
  print(['', ...all.map(({ name }) => name), 'ours : peer']);
  print(['---', ...all.map(() => '---:'), '---:']);
  for (const [at, name] of ROWS.entries()) {
    const [ours = NaN, peer = NaN] = columns.map((column) => column[at]);
    print([name, ...columns.map((column) => cell(column[at])), (ours / peer).toFixed(2)]);
  }
  return true;
});
