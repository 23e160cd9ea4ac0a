// How much memory the two daemons take, and how long they need until they are ready: ours, and MetalLB's beside them.
//
//   npx node --conditions=@picluster/source bench/footprint/main.ts [--services 2,2000] [--runs 5] [--api real|sim] [--peer metallb|none]
//     [--controller other-bundle.js] [--speaker other-bundle.js]
//
// One node that answers for all Services, and an API server, in private namespaces. Each program is started anew for each run, waited for until it is ready and at
// rest, and looked at: VmRSS and RssAnon of /proc/<pid>/status. Needs `npm run build`; Go for Kubernetes (without it: --api sim) and for MetalLB's daemons (built once;
// without them ours run alone). Run it at ordinary priority. Exit code 1: one of our promises does not hold.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Processes } from '../../e2e/lab/processes.ts';
import { ensureMetallb } from '../built.ts';
import { NAMESPACE } from '../controller-scale/contestant.ts';
import { inPrivateNamespaces } from '../in-lab.ts';
import { Cluster, NODE } from './cluster.ts';
import { metallb, picluster, type Contestant, type Daemon } from './contestants.ts';
import { measure, type Run } from './measure.ts';
import { broken, table, type Measured } from './report.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '2,2000' },
    runs: { type: 'string', default: '5' },
    api: { type: 'string', default: 'real' },
    peer: { type: 'string', default: 'metallb' },
    controller: { type: 'string' },
    speaker: { type: 'string' },
  },
});
const DAEMONS = ['controller', 'speaker'] as const satisfies readonly Daemon[];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${flag} must be a whole number of at least 1, not "${text}"`);
}

function oneOf<Word extends string>(flag: 'api' | 'peer', words: readonly Word[]): Word {
  const word = words.find((each) => each === values[flag]);
  if (word !== undefined) return word;
  throw new Error(`--${flag} must be ${words.join(' or ')}, not "${values[flag]}"`);
}

/** Ours, and MetalLB's or a word on why not. */
async function contestants(folder: string): Promise<readonly Contestant[]> {
  const state = path.join(folder, 'state');
  mkdirSync(state);
  const ours = DAEMONS.map((daemon) => picluster(daemon, NODE.name, state, values[daemon]));
  if (oneOf('peer', ['metallb', 'none']) === 'none') return ours;
  if (values.api === 'sim') {
    say('MetalLB needs --api real, so ours run alone');
    return ours;
  }
  try {
    const theirs: Contestant[] = [];
    for (const daemon of DAEMONS)
      theirs.push(metallb(daemon, NODE.name, folder, await ensureMetallb(daemon)));
    return [...ours, ...theirs];
  } catch (error) {
    say(`MetalLB's daemons cannot be built here, so ours run alone: ${String(error)}`);
    return ours;
  }
}

async function measureAll(folder: string): Promise<readonly Measured[]> {
  const runs = positive('runs', values.runs);
  const loads = values.services.split(',').map((text) => positive('services', text));
  const all = await contestants(folder);
  await using cluster = await Cluster.start(oneOf('api', ['real', 'sim']), folder);
  const processes = new Processes(path.join(folder, 'logs'));
  const measured: Measured[] = [];
  for (const services of loads.toSorted((one, other) => one - other)) {
    await cluster.useServices(services);
    for (const contestant of all) {
      const { name, daemon, ours, account } = contestant;
      const kubeconfig = await cluster.controlPlane.kubeconfigForServiceAccount(NAMESPACE, account);
      const seen: Run[] = [];
      for (let run = 1; run <= runs; run++) {
        const one = await measure(processes, contestant, kubeconfig);
        seen.push(one);
        const { residentMb, anonymousMb, readyMs } = one;
        const figures = `${residentMb.toFixed(1)} MB (${anonymousMb.toFixed(1)} anonymous), ready after ${readyMs.toFixed(0)} ms`;
        say(`${services} Services, ${name} ${daemon} ${run}/${runs}: ${figures}`);
      }
      measured.push({ name, daemon, ours, services, runs: seen });
    }
  }
  await processes.stop();
  return measured;
}

await inPrivateNamespaces(import.meta.filename, async (folder) => {
  const measured = await measureAll(folder);
  process.stdout.write(`${table(measured)}\n`);
  return measured.every((each) => broken(each).length === 0);
});
