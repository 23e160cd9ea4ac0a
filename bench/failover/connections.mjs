// Makes new connections, one after the other, and prints a line each: `ok <ms>`, `failed <ms> <why>` where none came about, or
// `cut <ms> <why>` where it did and was ended before the page had come.
//
//   node connections.mjs <pause ms> <limit ms of each> <URL>...
import { get } from 'node:http';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const [pauseMs, limitMs, ...urls] = process.argv.slice(2);

/** One page over a connection of its own. */
function page(url, onConnect) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: Number(limitMs) }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    request.once('socket', (socket) => socket.once('connect', onConnect));
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', reject);
  });
}

for (let i = 0; ; i++) {
  const startedMs = performance.now();
  const ms = () => (performance.now() - startedMs).toFixed(1);
  let connected = false;
  try {
    const status = await page(urls[i % urls.length], () => (connected = true));
    console.log(status === 200 ? `ok ${ms()}` : `failed ${ms()} status ${status}`);
  } catch (error) {
    console.log(`${connected ? 'cut' : 'failed'} ${ms()} ${error.message}`);
  }
  await sleep(Number(pauseMs));
}
