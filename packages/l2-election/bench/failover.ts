// The table of the README: how long an address is silent after one fault to its holder, in simulated segments.
//
//   npx node --conditions=@picluster/source packages/l2-election/bench/failover.ts
import type { FaultKind } from '../test/faults.ts';
import { runOneFault } from '../test/one-fault.ts';

const SEEDS = 100;
/** Each row: faults that are counted together, and how long they last; without, longer than the run. */
const rows: readonly (readonly [string, readonly (readonly [FaultKind, number?])[]])[] = [
  [
    'crash, or frozen for long, or link down',
    [['crash'], ['crash', 1000], ['freeze'], ['link-down'], ['link-down', 1000]],
  ],
  ['sends nothing, receives', [['mute']]],
  ['receives nothing, sends', [['deaf']]],
  ['told to stop', [['stop'], ['resign']]],
  ['cut off from the others and the gateway', [['partition'], ['partition', 1500]]],
  ['frozen for 600 ms: nothing moves', [['freeze', 600]]],
];
const columns = [
  { withApi: false, loss: 0 },
  { withApi: false, loss: 0.05 },
  { withApi: true, loss: 0 },
  { withApi: true, loss: 0.05 },
];

for (const [name, faults] of rows) {
  const cells = columns.map((column) => {
    const silences = faults.flatMap(([kind, forMs]) => {
      const options = { kind, ...column, ...(forMs !== undefined && { forMs }) };
      return Array.from({ length: SEEDS }, (_, at) => runOneFault(at + 1, options).silenceMs);
    });
    const sorted = silences.filter((ms) => ms > 0).sort((one, other) => one - other);
    const [median = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    return `${Math.round(median)} / ${Math.round(worst)}`;
  });
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
