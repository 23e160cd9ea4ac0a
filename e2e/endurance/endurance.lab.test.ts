import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seedFromEnvironment } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { SHORT_RUN } from './bounds.ts';
import { endure } from './endurance.ts';
import { reportText } from './report.ts';

const seed = seedFromEnvironment(1);

test(
  `a minute of a year's trouble leaves the daemons as they were, and each Service with its address and its one answerer: seed ${seed}`,
  { timeout: 240_000 },
  async () => {
    const report = await endure({
      seed,
      folder: mkdtempSync(path.join(tmpdir(), 'endurance-')),
      warmUpRounds: 0,
      rounds: 2,
      troubleMs: 20_000,
      calmMs: 0,
      restMs: 3_000,
      restartEveryMs: [5_000, 12_000],
      sampleEveryMs: 1_000,
      longOutage: false,
      bounds: SHORT_RUN,
      say: console.log,
    });
    console.log(reportText(report));
    expect(report.problems).toEqual([]);
  },
);
