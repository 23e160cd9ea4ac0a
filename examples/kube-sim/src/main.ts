// Shows how to test an operator's watch loop: its connection is reset, its version expires, its events come twice, and it must still know everything.
import { EventEmitter, once } from 'node:events';
import { startKubeSim } from '@picluster/kube-sim';
import { Operator } from './operator.ts';

const sim = await startKubeSim();
const changes = new EventEmitter();
const operator = new Operator(sim, () => changes.emit('change'));
const stop = new AbortController();
const running = operator.run(stop.signal);

const add = (name: string): void => {
  sim.applyManifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
};
const knows = async (...names: string[]): Promise<void> => {
  while (!names.every((name) => operator.known.has(name))) await once(changes, 'change');
  console.log(`the operator knows ${[...operator.known].sort().join(', ')}`);
};

add('one');
await knows('one');

// The connection breaks, and an object appears while nobody is watching.
sim.faults.add({ verb: 'watch', times: 1 }, { kind: 'reset' });
add('two');
await knows('one', 'two');

// The server forgets its history: the watch ends with 410, which means "list again".
sim.faults.add({ verb: 'watch', times: 1 }, { kind: 'status', code: 410 });
add('three');
await knows('one', 'two', 'three');

// The watch breaks, the next list is cut off half-way, and from then on every event comes twice.
sim.faults.add({ verb: 'list', times: 1 }, { kind: 'truncate' });
sim.faults.add({ verb: 'watch', times: 1 }, { kind: 'reset' });
sim.faults.add({ verb: 'watch' }, { kind: 'duplicate' });
add('four');
add('five');
await knows('one', 'two', 'three', 'four', 'five');

stop.abort();
await running;
console.log(
  `it listed ${sim.requests.count({ verb: 'list' })} times, and wrote ${sim.requests.writes()}`,
);
await sim.close();
