import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNode } from '../../e2e/lab/lab-node.ts';
import type { Strategy } from './contestant.ts';
import type { Stage } from './stage.ts';
import { theSwitch } from './switch.ts';

/** What a scenario acts on. */
export interface Scene {
  readonly stage: Stage;
  /** The node that answers for what is asked, before anything happens. */
  readonly owner: LabNode;
  /** The other nodes. */
  readonly others: readonly LabNode[];
  /** Resolves when another machine than the owner answers for all that is asked, or patience is over. */
  readonly untilMoved: () => Promise<void>;
}

/** What we promise of a scenario. What is absent is not promised, only measured. */
export interface Aim {
  /** The longest silence. */
  readonly silenceMs?: number;
  readonly moves?: number;
  /** Of new connections from the LAN, made all the time, none fails. */
  readonly allConnect?: true;
}

/** A machine that stands still for so long is none to measure a takeover of a second on. */
export const STALL_MAX_MS = 100;

/** One row of the table, as data. Two answerers are never allowed, whatever happens. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** How many addresses fail at once; default one of each family. */
  readonly addresses?: number;
  /** Asked every 10 ms by default. */
  readonly intervalMs?: number;
  /** Before the asking begins; the owner is looked up once more after it. */
  readonly before?: (scene: Scene) => Promise<void>;
  /** It starts the API server again, which kube-sim does not survive. */
  readonly needsRealApi?: true;
  /** New connections are made from the LAN all the time. */
  readonly connects?: true;
  /** Asked from before it until after it. */
  readonly fault: (scene: Scene) => Promise<void>;
  /** Asked on for so long after the fault. */
  readonly holdMs?: number;
  /** What of the healing is asked through, before {@link watchMs}. */
  readonly heal?: (scene: Scene) => Promise<void>;
  /** Asked on for so long after the healing. */
  readonly watchMs?: number;
  readonly aims: Readonly<Record<Strategy, Aim>>;
  /** Where the machine let an ordinary process wait for longer, the run says nothing about ours; default {@link STALL_MAX_MS}. */
  readonly stallMaxMs?: number;
}

/** Another node takes over. A Lease lasts 15 s, and others look every 2 s. */
const TAKEOVER = { wire: { silenceMs: 1_000 }, lease: { silenceMs: 18_000 } } as const;
const NO_PROMISE = { wire: {}, lease: {} } as const;

const TAIL_MS = 500;
const AFTER_HEAL_MS = 2_500;

async function killOwner({ stage, owner, untilMoved }: Scene): Promise<void> {
  await stage.speaker(owner).kill();
  await untilMoved();
}

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
  {
    name: 'filtered',
    title: 'heartbeats filtered, API server there',
    fault: async ({ stage }) => await theSwitch.disturb({ filtered: stage.contestant.heartbeats }),
    holdMs: 10_000,
    heal: theSwitch.heal,
    watchMs: AFTER_HEAL_MS,
    aims: { wire: { silenceMs: 1_000 }, lease: { silenceMs: 1_000, moves: 0 } },
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
    // Fifteen seconds without a sign of the owner, and the time of a write.
    aims: { wire: { silenceMs: 18_000 }, lease: { silenceMs: 18_000 } },
  },
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
