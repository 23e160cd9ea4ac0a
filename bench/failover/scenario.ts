import type { LabNode } from '../../e2e/lab/lab-node.ts';
import type { Strategy } from './contestant.ts';
import type { Stage } from './stage.ts';

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
  /** For so long two may answer, in milliseconds; default: never. */
  readonly twoMs?: number;
  /** Of new connections from the LAN, made all the time, none fails. */
  readonly allConnect?: true;
}

/** A machine that stands still for so long is none to measure a takeover of a second on. */
export const STALL_MAX_MS = 100;

/** One row of the table, as data. Two answerers are never allowed, whatever the machine does, unless an aim says so. */
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
  /** Of our speakers under this strategy alone; others are not made for it. */
  readonly only?: Strategy;
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
export const TAKEOVER = { wire: { silenceMs: 1_000 }, lease: { silenceMs: 18_000 } } as const;
/** Asked on for so long after a takeover. */
export const TAIL_MS = 500;
/** Asked on for so long after a healing. */
export const AFTER_HEAL_MS = 2_500;

/** Kills the speaker that answers, and waits for another. */
export async function killOwner({ stage, owner, untilMoved }: Scene): Promise<void> {
  await stage.speaker(owner).kill();
  await untilMoved();
}
