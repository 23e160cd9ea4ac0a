// The demo: `npm run demo`, or `npm run demo -- --real --keep`. It runs inside scripts/in-lab.mjs, so that nothing of it
// is left however it ends.
import { nowMs } from '../lab/asker.ts';
import { Lab } from '../lab/lab.ts';
import { howToUse } from './keep.ts';
import { duration, Narrator } from './narrator.ts';
import {
  applyPool,
  applyService,
  askFromLan,
  introduce,
  killOwner,
  NAMESPACE,
  startDaemons,
} from './story.ts';

const USAGE = `usage: npm run demo -- [--real] [--keep]
  --real   on real Kubernetes (the first time, building it takes about 10 min)
  --keep   leave it up until Ctrl-C, and say how to use kubectl on it
`;

async function demo(isReal: boolean, isKept: boolean): Promise<void> {
  const tell = new Narrator((text) => void process.stdout.write(text));
  const startMs = nowMs();
  tell.title('picluster: Services of type LoadBalancer on bare metal');
  const lab = await Lab.start({
    nodes: 3,
    kubernetes: isReal ? 'real' : 'sim',
    namespace: NAMESPACE,
  });
  try {
    const scene = { lab, tell, isReal };
    await introduce(scene, nowMs() - startMs);
    await startDaemons(scene);
    await applyService(scene);
    const address = await applyPool(scene);
    const owner = await askFromLan(scene, address);
    await killOwner(scene, address, owner);
    if (isKept) await keepUp(lab, tell, address);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nlogs of every process: ${lab.keepLogs()}`, {
      cause: error,
    });
  } finally {
    await lab.stop();
  }
  tell.blank();
  tell.say(`Everything is down again. It took ${duration(nowMs() - startMs)}.`);
}

async function keepUp(lab: Lab, tell: Narrator, address: string): Promise<void> {
  tell.step('It stays up until Ctrl-C. In another terminal:');
  tell.say(await howToUse(lab, address));
  // A listener for a signal keeps no process alive: the timer does, for as long as a person may look.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    interrupted = resolve;
  });
  clearInterval(alive);
}

/** What Ctrl-C does: at first it ends the process, and the namespaces end the rest. */
let interrupted = (): void => {
  process.stdout.write('\ninterrupted\n');
  process.exit(130);
};
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted());

const words = process.argv.slice(2);
const unknown = words.find((word) => !['--real', '--keep'].includes(word));
if (unknown !== undefined) {
  process.stderr.write(`${unknown === '--help' ? '' : `unknown argument: ${unknown}\n`}${USAGE}`);
  process.exitCode = unknown === '--help' ? 0 : 2;
} else {
  try {
    await demo(words.includes('--real'), words.includes('--keep'));
  } catch (error) {
    process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
