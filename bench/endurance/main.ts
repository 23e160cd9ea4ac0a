// A compressed year: both daemons, as they are shipped, while everything around them misbehaves. See e2e/endurance.
import { parseArgs } from 'node:util';
import { LONG_RUN } from '../../e2e/endurance/bounds.ts';
import { endure } from '../../e2e/endurance/endurance.ts';
import { reportText } from '../../e2e/endurance/report.ts';
import { run } from '../../e2e/lab/run.ts';
import { inPrivateNamespaces } from '../in-lab.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
  },
});

const TROUBLE_MS = 50_000;
/** Whoever has tried in vain during the trouble pauses before the next try: seen to be over after 35 s. */
const CALM_MS = 36_000;
const REST_MS = 14_000;
/** So that most rounds have none: then the daemon that is spared must be ready all the time. */
const RESTART_EVERY_MS = [20_000, 90_000] as const;
/** Settling takes some seconds of each round; the long outage, once, is one and a half of these. */
const ROUND_MS = TROUBLE_MS + CALM_MS + REST_MS + 5_000;
const LONG_OUTAGE_ROUNDS = 1.5;
const WARM_UP_ROUNDS = 3;

await inPrivateNamespaces(import.meta.filename, async (folder) => {
  const rounds = Math.max(
    2,
    Math.round((Number(values.minutes) * 60_000) / ROUND_MS - LONG_OUTAGE_ROUNDS) - WARM_UP_ROUNDS,
  );
  // What makes the trouble, the API server with it, takes only what the daemons leave.
  await run(['chrt', '--idle', '--pid', '0', String(process.pid)]);
  const report = await endure({
    seed: Number(values.seed),
    folder,
    warmUpRounds: WARM_UP_ROUNDS,
    rounds,
    troubleMs: TROUBLE_MS,
    calmMs: CALM_MS,
    restMs: REST_MS,
    restartEveryMs: RESTART_EVERY_MS,
    sampleEveryMs: 2_000,
    longOutage: true,
    bounds: LONG_RUN,
    under: ['chrt', '--other', '0'],
    say: console.log,
  });
  console.log(reportText(report));
  return report.problems.length === 0;
});
