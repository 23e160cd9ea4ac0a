// What it costs a controller to give many Services their addresses: ours, and MetalLB's own beside it.
//
//   npx node --conditions=@picluster/source bench/controller-scale/main.ts [--services 2000] [--idle-s 60] [--peer metallb]
//     [--controller other-bundle.js] [--node-flag=--max-old-space-size=64]...
//
// Real etcd and kube-apiserver, a new cluster for each of the two, one after the other in one run. Needs `npm run build`, and Go: it builds Kubernetes (see
// e2e/README.md) and, with --peer metallb, MetalLB's controller v0.15.2 once. CPU and memory are the kernel's figures for the controller's process; writes are
// counted from the API server's audit log. Compare on an idle machine; on a busy one trust the ratios only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureMetallb } from '../built.ts';
import { metallb, picluster, type Contestant } from './contestant.ts';
import { measure, type Measured } from './measure.ts';
import { table } from './report.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '2000' },
    'idle-s': { type: 'string', default: '60' },
    peer: { type: 'string', default: 'none' },
    controller: { type: 'string' },
    'node-flag': { type: 'string', multiple: true, default: [] },
  },
});

function positive(name: 'services' | 'idle-s'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) {
    throw new Error(`--${name} must be a whole number of at least 1, not "${values[name]}"`);
  }
  return number;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** MetalLB's controller, or undefined and a word on why not, where it was asked for and cannot be built. */
async function peer(): Promise<Contestant | undefined> {
  if (values.peer === 'none') return undefined;
  if (values.peer !== 'metallb')
    throw new Error(`--peer must be metallb or none, not "${values.peer}"`);
  try {
    return metallb(await ensureMetallb('controller'));
  } catch (error) {
    say(`MetalLB's controller cannot be built here, so ours runs alone: ${String(error)}`);
    return undefined;
  }
}

async function main(folder: string): Promise<void> {
  const load = { services: positive('services'), idleMs: positive('idle-s') * 1000 };
  const other = await peer();
  const contestants = [
    picluster(folder, values['node-flag'], values.controller),
    ...(other === undefined ? [] : [other]),
  ];
  const all: Measured[] = [];
  for (const each of contestants) all.push(await measure(each, load, folder, say));
  process.stdout.write(`${load.services} Services\n${table(all)}\n`);
}

if (process.env['PICLUSTER_LAB'] === '1') {
  const folder = mkdtempSync(path.join(tmpdir(), 'controller-scale-'));
  try {
    await main(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  // Once more, in private namespaces that take everything with them.
  const repository = path.resolve(import.meta.dirname, '../..');
  const again = [process.execPath, '--conditions=@picluster/source', import.meta.filename];
  const words = ['scripts/in-lab.mjs', ...again, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, words, { cwd: repository, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
