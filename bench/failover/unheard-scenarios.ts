import { setTimeout as sleep } from 'node:timers/promises';
import { theSwitch } from '../../e2e/lab/switch.ts';
import {
  AFTER_HEAL_MS,
  killOwner,
  TAIL_MS,
  TAKEOVER,
  type Scenario,
  type Scene,
} from './scenario.ts';

/** Fifteen seconds without a sign of the owner in the API, and the time of a write. */
const BY_API = { wire: { silenceMs: 18_000 }, lease: { silenceMs: 18_000 } } as const;
/** The Leases are renewed as before: nothing happens to their holder. */
const NOTHING = { silenceMs: 1_000, moves: 0 } as const;

async function isolate({ stage }: Scene): Promise<void> {
  await theSwitch.disturb({ isolated: stage.lab.nodes.map(({ name }) => name) });
}

/** The second gets nothing of the first. */
async function cut(
  ...pairs: readonly (readonly [Scene['owner'], Scene['owner'] | undefined])[]
): Promise<void> {
  const unheard = pairs.flatMap(([from, to]) =>
    to === undefined ? [] : [[from.name, to.name] as const],
  );
  await theSwitch.disturb({ unheard });
}

/** Segments on which a client hears nodes that do not hear each other. The API server is reached by all of them. */
export const unheardScenarios: readonly Scenario[] = [
  {
    name: 'filtered',
    title: 'heartbeats filtered, API server there',
    fault: async ({ stage }) => await theSwitch.disturb({ filtered: stage.contestant.heartbeats }),
    holdMs: 10_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: { wire: { silenceMs: 1_000 }, lease: NOTHING },
  },
  {
    name: 'filtered-killed',
    title: 'heartbeats filtered for 10 s, API server there; then killed',
    before: async ({ stage }) => {
      await theSwitch.disturb({ filtered: stage.contestant.heartbeats });
      await sleep(10_000);
    },
    fault: killOwner,
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: BY_API,
  },
  {
    name: 'isolated-start',
    title: 'all started where no node hears another',
    fault: async (scene) => {
      const speakers = scene.stage.lab.nodes.map((node) => scene.stage.speaker(node));
      await Promise.all(speakers.map(async (speaker) => await speaker.kill()));
      await isolate(scene);
      for (const speaker of speakers) speaker.restart();
      await Promise.all(speakers.map(async (speaker) => await speaker.ready()));
    },
    holdMs: 30_000,
    aims: BY_API,
  },
  {
    name: 'isolated',
    title: 'no node hears another any more, API server there',
    fault: isolate,
    holdMs: 30_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    // Two may answer for as long as the API takes to tell the first: here it shares the machine with all else.
    aims: { wire: { silenceMs: 1_000, twoMs: 100, moves: 2 }, lease: NOTHING },
  },
  {
    name: 'isolated-killed',
    title: 'no node hears another for 30 s, API server there; then killed',
    before: async (scene) => {
      await isolate(scene);
      await sleep(30_000);
    },
    fault: killOwner,
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: BY_API,
  },
  {
    name: 'owner-unheard',
    title: 'another gets nothing of the owner, a third hears both',
    fault: async ({ owner, others: [other] }) => await cut([owner, other]),
    holdMs: 5_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: { wire: NOTHING, lease: NOTHING },
  },
  {
    name: 'other-unheard',
    title: 'the owner gets nothing of another, a third hears both',
    fault: async ({ owner, others: [other] }) => {
      if (other !== undefined) await cut([other, owner]);
    },
    holdMs: 5_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: { wire: NOTHING, lease: NOTHING },
  },
  {
    name: 'hidden',
    title: 'owner and another hear nothing of each other, a third hears both; then killed',
    fault: async (scene) => {
      const {
        owner,
        others: [other],
      } = scene;
      if (other !== undefined) await cut([owner, other], [other, owner]);
      await sleep(5_000);
      await killOwner(scene);
    },
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: TAKEOVER,
  },
  {
    name: 'hub-killed',
    title: 'the owner, the only one that hears the two others, killed',
    fault: async (scene) => {
      const [one, other] = scene.others;
      if (one !== undefined && other !== undefined) await cut([one, other], [other, one]);
      await sleep(5_000);
      await killOwner(scene);
    },
    holdMs: 5_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    // Each of the two that are left is alone, and asks the API server first.
    aims: { wire: { silenceMs: 1_800 }, lease: TAKEOVER.lease },
  },
];
