import { setTimeout as sleep } from 'node:timers/promises';
import { theSwitch } from '../../e2e/lab/switch.ts';
import { AFTER_HEAL_MS, killOwner, TAIL_MS, TAKEOVER, type Scenario } from './scenario.ts';
import { unheardScenarios } from './unheard-scenarios.ts';

const NO_PROMISE = { wire: {}, lease: {} } as const;

/** All rows of the table in `design`, then those of the issue that asks for this bench. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'killed',
    title: 'speaker killed (-9)',
    fault: killOwner,
    holdMs: TAIL_MS,
    aims: TAKEOVER,
  },
  {
    name: 'link-down',
    title: "owner's link goes down",
    fault: async ({ owner, untilMoved }) => {
      await owner.linkDown();
      await untilMoved();
    },
    holdMs: TAIL_MS,
    heal: async ({ owner }) => await owner.linkUp(),
    watchMs: AFTER_HEAL_MS,
    aims: TAKEOVER,
  },
  {
    name: 'frozen',
    title: 'speaker frozen 10 s, then thawed',
    fault: async ({ stage, owner, untilMoved }) => {
      stage.speaker(owner).freeze();
      await Promise.all([untilMoved(), sleep(10_000)]);
    },
    heal: async ({ stage, owner }) => stage.speaker(owner).thaw(),
    watchMs: AFTER_HEAL_MS,
    aims: TAKEOVER,
  },
  {
    name: 'stopped',
    // The aim is two intervals of the others: one question without an answer would be over it.
    intervalMs: 2,
    title: 'graceful stop (SIGTERM)',
    fault: async ({ stage, owner, untilMoved }) => {
      await stage.speaker(owner).stop();
      await untilMoved();
    },
    holdMs: TAIL_MS,
    aims: { wire: { silenceMs: 20, moves: 1 }, lease: { silenceMs: 3_000 } },
    stallMaxMs: 10,
  },
  {
    name: 'cut-off',
    title: 'owner cut off from API server and peers, LAN alive',
    fault: async ({ owner }) => await owner.partition(),
    holdMs: 15_000,
    heal: async ({ owner }) => await owner.heal(),
    watchMs: AFTER_HEAL_MS,
    aims: { wire: { silenceMs: 1_000, moves: 0 }, lease: { silenceMs: 18_000 } },
  },
  {
    name: 'api-dead',
    needsRealApi: true,
    title: 'API server dead, then speaker killed',
    fault: async (scene) => {
      await scene.stage.lab.apiServer.kill();
      await sleep(1_000);
      await killOwner(scene);
    },
    holdMs: TAIL_MS,
    heal: async ({ stage }) => await stage.lab.apiServer.start(),
    watchMs: AFTER_HEAL_MS,
    aims: { wire: { silenceMs: 1_000 }, lease: {} },
  },
  {
    name: 'comes-back',
    title: 'the old owner comes back',
    before: async ({ stage, owner }) => {
      await stage.speaker(owner).kill();
      await stage.untilCalm();
    },
    fault: async ({ stage }) => {
      const dead = stage.lab.nodes.map((node) => stage.speaker(node)).find((each) => !each.running);
      dead?.restart();
      await dead?.ready();
    },
    holdMs: 5_000,
    aims: { wire: { silenceMs: 1_000, moves: 0 }, lease: { moves: 0 } },
  },
  {
    name: 'mute',
    title: "owner's transmit path dead, carrier up",
    fault: async ({ owner, untilMoved }) => {
      await theSwitch.disturb({ mute: [owner.name] });
      await untilMoved();
    },
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: TAKEOVER,
  },
  {
    name: 'deaf',
    title: "owner's receive path dead, carrier up",
    fault: async ({ owner, untilMoved }) => {
      await theSwitch.disturb({ deaf: [owner.name] });
      await untilMoved();
    },
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: TAKEOVER,
  },
  ...unheardScenarios,
  ...[5, 20].map((lossPercent): Scenario => ({
    name: `loss-${lossPercent}`,
    title: `${lossPercent} % of all frames lost, then killed`,
    fault: async (scene) => {
      await theSwitch.disturb({ lossPercent });
      await sleep(3_000);
      await killOwner(scene);
    },
    holdMs: TAIL_MS,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: lossPercent <= 5 ? TAKEOVER : NO_PROMISE,
  })),
  {
    name: 'two-dead',
    title: 'two of three nodes dead at once',
    fault: async ({ stage, owner, others, untilMoved }) => {
      const nodes = [owner, ...others.slice(0, 1)];
      await Promise.all(nodes.map(async (node) => await stage.speaker(node).kill()));
      await untilMoved();
    },
    holdMs: TAIL_MS,
    // Two faults at once: the survivor cannot tell them from its own isolation, and asks the API server first.
    aims: { wire: { silenceMs: 1_800 }, lease: TAKEOVER.lease },
  },
  {
    name: 'rolling',
    title: 'rolling restart of all speakers',
    connects: true,
    fault: async ({ stage }) => {
      for (const node of stage.lab.nodes) {
        const speaker = stage.speaker(node);
        await speaker.stop();
        speaker.restart();
        await speaker.ready();
      }
    },
    holdMs: 2_000,
    aims: {
      // What the first node to be restarted held goes to one that is restarted later: twice is the least there is for it.
      wire: { silenceMs: 1_000, moves: 2, allConnect: true },
      lease: { silenceMs: 3_000, allConnect: true },
    },
  },
  {
    name: 'surge',
    // As for the graceful stop.
    intervalMs: 2,
    title: 'rolling update of all speakers, each beside the one it replaces',
    only: 'wire',
    connects: true,
    fault: async ({ stage }) => {
      for (const node of stage.lab.nodes) {
        const replaced = stage.speaker(node);
        const next = await stage.startBeside(node);
        // As a kubelet asks, by our chart.
        await sleep(2_000);
        await next.prepared?.();
        await replaced.stop();
        await next.ready();
      }
    },
    holdMs: 2_000,
    aims: { wire: { silenceMs: 20, moves: 0, allConnect: true }, lease: {} },
    stallMaxMs: 10,
  },
  {
    name: 'many',
    title: '200 addresses of one node at once, speaker killed',
    addresses: 200,
    intervalMs: 50,
    // Whoever is alone takes them all, and who comes back takes nothing away; but MetalLB's return to their hash.
    before: async ({ stage, others }) => {
      for (const node of others) await stage.speaker(node).stop();
      await stage.untilCalm();
      for (const node of others) stage.speaker(node).restart();
      for (const node of others) await stage.speaker(node).ready();
      await sleep(stage.contestant.settleMs);
      await stage.untilCalm();
    },
    fault: killOwner,
    holdMs: TAIL_MS,
    aims: { wire: TAKEOVER.wire, lease: {} },
  },
];
