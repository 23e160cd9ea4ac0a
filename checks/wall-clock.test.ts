import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

// Wall clocks are set, by people and by time servers, forwards and back. Whoever reads one says here what for, so that none decides anything. The lint lets only seams/
// read the system's.
const readers: Readonly<Record<string, string>> = {
  'controller/src/configuration-state.ts': 'the time in a condition, which people read',
  'controller/src/controller-deps.ts': 'hands it to the next',
  'controller/src/controller.ts': 'the time in a condition, which people read',
  'daemon/src/logger.ts': 'the time of a line of the log',
  'daemon/src/seams/wall-time.ts': 'writes it as text',
  'kube/src/clock.ts': 'says what it is',
  'kube/src/event-recorder.ts': 'the times of an event, which people read',
  'kube/src/seams/system-clock.ts': 'reads the system’s',
  'kube/src/seams/timestamp.ts': 'writes it as text',
  'l2-election/src/election-events.ts': 'hands it to the next',
  'l2-election/src/frame-layout.ts': 'its place in a frame',
  'l2-election/src/hearing.ts':
    'a frame of an unknown node that is 30 s off is asked back for, as it may be a recording; test/wall-clock.test.ts',
  'l2-election/src/heartbeat-codec.ts': 'its place in a frame',
  'l2-election/src/heartbeat.ts': 'its place in a frame',
  'l2-election/src/l2-election-deps.ts': 'says what it is',
  'l2-election/src/l2-election.ts': 'hands it to the next',
  'l2-election/src/speaking.ts': 'tells it to others',
  'l2-election/src/turn.ts': 'hands it to the next',
  'leader-election/src/election-run.ts': 'hands it to the next',
  'leader-election/src/elector-deps.ts': 'says what it is',
  'leader-election/src/elector-machine.ts':
    'the times in a Lease, of which others only see that they changed; test/simulation.ts sets clocks back',
  'leader-election/src/elector-state.ts': 'hands it to the next',
  'leader-election/src/seams/micro-time.ts': 'writes it as text',
  'speaker/src/configuration-state-task.ts': 'the time in a condition, which people read',
  'speaker/src/rehearsal.ts': 'plays in memory, by a clock of its own',
  'speaker/src/wire.ts': 'hands it to the next',
};

// kube-sim stamps objects, as an API server does; testkit simulates clocks.
const notShipped = /^(?:kube-sim|testkit)\//;

test('who reads a wall clock in what is shipped says what for, and decides nothing by it', () => {
  const found = globSync('*/src/**/*.ts', { cwd: path.join(root, 'packages') })
    .filter((file) => !notShipped.test(file))
    .filter((file) =>
      /\bwall(?:Ms|S|Time)\b|\bDate\b/.test(
        readFileSync(path.join(root, 'packages', file), 'utf8'),
      ),
    );
  expect(found.toSorted()).toEqual(Object.keys(readers).toSorted());
});
