// Shows three nodes on one cable in memory that settle who answers for an address: one is unplugged, one stops, one comes back.
import { createHmac, randomBytes } from 'node:crypto';
import { L2Election } from '@picluster/l2-election';

const address = '192.0.2.10';
const keys = [randomBytes(32)];
const clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  timer(ms: number, fire: () => void): Disposable {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};

/** The cable: everybody who is plugged in gets every frame. */
const plugged = new Map<string, (frame: Uint8Array) => void>();
const running = new Map<string, L2Election>();

function start(nodeName: string, number: number): void {
  let hear = (_frame: Uint8Array): void => {};
  const link = {
    mac: Uint8Array.of(2, 0, 0, 0, 0, number),
    up: true,
    listen: (listener: { onFrame(frame: Uint8Array): void }) => {
      hear = (frame) => listener.onFrame(frame);
    },
    readAll: () => {}, // nothing waits on this cable
    send: (frame: Uint8Array) => {
      if (!plugged.has(nodeName)) return;
      for (const [name, receive] of plugged) if (name !== nodeName) receive(frame);
    },
  };
  const election = new L2Election(
    {
      link,
      clock,
      random: Math.random,
      hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
      // A real node asks its gateway here; this one pretends that it answered, as long as the cable is in.
      solicit: () => plugged.get(nodeName)?.(new Uint8Array(60)),
      listener: {
        gained: () => console.log(`  ${nodeName} answers`),
        lost: (_address, reason) => console.log(`  ${nodeName} stops: ${reason}`),
      },
    },
    { nodeName, electorate: 'example', keys },
  );
  plugged.set(nodeName, (frame) => hear(frame));
  running.set(nodeName, election);
  // With a preference the example always goes the same way.
  election.stand(address, { preferred: ['anna', 'ben', 'carla'] });
}

const answerers = (): string[] =>
  [...running].filter(([, node]) => node.mayAnswer(address, clock.nowMs())).map(([name]) => name);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(name: string): Promise<number> {
  const fromMs = clock.nowMs();
  while (!answerers().includes(name)) await sleep(1);
  return clock.nowMs() - fromMs;
}

console.log('three nodes start, and listen before they claim');
for (const [index, name] of ['anna', 'ben', 'carla'].entries()) start(name, index + 1);
await until('anna');

console.log('anna’s cable is pulled');
plugged.delete('anna');
console.log(`  the next answer within 1.5 s: ${(await until('ben')) < 1500}`);

console.log('ben is told to stop, and names carla');
const stopped = running.get('ben')?.stop();
console.log(`  the next answer within 0.3 s: ${(await until('carla')) < 300}`);
await stopped;
running.delete('ben');
plugged.delete('ben');

console.log('ben comes back, and is preferred; nothing moves all the same');
start('ben', 2);
await sleep(1500);
console.log(`  answering: ${answerers().join()}`);
for (const name of ['ben', 'anna', 'carla']) await running.get(name)?.stop();
