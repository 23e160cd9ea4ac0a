import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seedFromEnvironment } from '@picluster/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installDeployment } from '../lab/cluster-setup.ts';
import { startControlPlane, type ControlPlane } from '../lab/control-plane.ts';
import { keepLogs } from '../lab/kept-logs.ts';
import { Applier } from '../lab/manifests.ts';
import { Processes } from '../lab/processes.ts';
import { makeCertificate } from './certificate.ts';
import { ControllerProgram } from './controller-process.ts';
import { Lane, type ScheduleResult } from './lane.ts';
import { upstreamOf } from './misbehaving-proxy.ts';

// SEED replays one schedule; CHAOS_SCHEDULES runs more or fewer; CHAOS_LANES says how many at once.
const replayed = process.env['SEED'] !== undefined;
const firstSeed = seedFromEnvironment(1);
const schedules = Number(process.env['CHAOS_SCHEDULES'] ?? (replayed ? 1 : 200));
const laneCount = Math.min(schedules, Number(process.env['CHAOS_LANES'] ?? 4));
const LIMIT_PER_SCHEDULE_MS = 45_000;

const dir = mkdtempSync(path.join(tmpdir(), 'chaos-'));
const processes = new Processes(path.join(dir, 'controllers'));
const lanes: Lane[] = [];
let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane({ dir, controllerManager: false });
  await installDeployment(new Applier(controlPlane.api), 'metallb-system');
  const upstream = upstreamOf(controlPlane);
  const certificate = await makeCertificate();
  const program = new ControllerProgram(dir);
  for (let number = 0; number < laneCount; number++) {
    const deps = { controlPlane, upstream, certificate, program, processes, dir };
    lanes.push(await Lane.start(deps, number));
  }
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(`the logs: ${keepLogs(processes.logFolder)}`);
});

afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.stop()));
  await processes.stop();
  await controlPlane?.stop();
});

describe('a controller behind a proxy that misbehaves', () => {
  test(
    `at rest each Service has what it can have, nobody shares without a key, and nothing changed without a cause: ${schedules} schedules from seed ${firstSeed}`,
    { timeout: schedules * LIMIT_PER_SCHEDULE_MS },
    async () => {
      const results: ScheduleResult[] = [];
      let next = firstSeed;
      const work = async (lane: Lane): Promise<void> => {
        while (next < firstSeed + schedules) {
          const result = await lane.run(next++);
          results.push(result);
          if (result.problems.length > 0) report(result);
        }
      };
      await Promise.all(lanes.map(work));
      summarize(results);
      const failed = results.filter(({ problems }) => problems.length > 0);
      expect(failed.map(({ seed, problems }) => ({ SEED: seed, problems }))).toEqual([]);
      expect(results).toHaveLength(schedules);
    },
  );
});

function report({ seed, problems, account }: ScheduleResult): void {
  console.error(`SEED=${seed} failed:\n${problems.join('\n')}\n${account}\n`);
}

function summarize(results: readonly ScheduleResult[]): void {
  const sorted = (pick: (result: ScheduleResult) => number): number[] =>
    results.map(pick).sort((one, other) => one - other);
  const at = (values: number[], part: number): number =>
    Math.round(values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0);
  const took = sorted(({ tookMs }) => tookMs);
  const converged = sorted(({ convergedMs }) => convergedMs);
  const faults = results.reduce((sum, result) => sum + result.faults, 0);
  console.log(
    `${results.length} schedules, seeds ${firstSeed} to ${firstSeed + schedules - 1}, ${faults} faults; ` +
      `a schedule took ${at(took, 0.5)} ms (p50), ${at(took, 0.95)} ms (p95), ${at(took, 1)} ms (most); ` +
      `right after the faults: ${at(converged, 0.5)} ms (p50), ${at(converged, 0.95)} ms (p95), ${at(converged, 1)} ms (most)`,
  );
}
