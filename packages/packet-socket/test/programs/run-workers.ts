// Starts and ends workers that hold open sockets, in every way there is; the process must survive. Prints `survived`.
import { Worker } from 'node:worker_threads';

const interfaceName = process.argv[2] ?? '';
for (let round = 0; round < 3; round++) {
  for (const how of ['is terminated', 'exits', 'closes and exits', 'throws']) {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: { interfaceName, how },
    });
    worker.on('error', () => {});
    // Not `once`: that would reject at the error of the one that throws.
    const open = new Promise((resolve) => worker.on('message', resolve));
    const ended = new Promise((resolve) => worker.on('exit', resolve));
    await open;
    if (how === 'is terminated') await worker.terminate();
    await ended;
  }
}
process.stdout.write('survived\n');
