import { setTimeout as sleep } from 'node:timers/promises';
import type { Draws } from '../chaos/draws.ts';
import { FaultPlan } from '../chaos/fault-plan.ts';
import { run } from '../lab/run.ts';
import type { Churn } from './churn.ts';
import type { Grounds, Subject } from './grounds.ts';

/** How often what happened. */
export type Tally = Map<string, number>;

/** Something that happens again and again. */
interface Trouble {
  readonly name: string;
  /** The pause before each time, between these. */
  readonly everyMs: readonly [least: number, most: number];
  /** Does it once, and takes it back; gives how often it happened. */
  act(): Promise<number>;
}

/** To whom it happens. */
export interface TroubleCast {
  readonly grounds: Grounds;
  readonly churn: Churn;
  /** To them only what happens to all: their watches end, what they show changes, and the API server is restarted. */
  readonly spared: readonly Subject[];
  /** The pause before the API server is restarted, between these. */
  readonly restartEveryMs: readonly [least: number, most: number];
}

/** A watch that lived so long was a good one, and is opened again without a delay. */
const WATCH_LIFE_MS = 5_000;
const ENDS = ['reset', 'inside an event', 'between events', 'error 410', 'error 500'] as const;

/** What of a year is compressed into a run. All of it is drawn from `draws`; it goes on until the signal aborts, and then everything is taken back. */
export async function trouble(
  cast: TroubleCast,
  draws: Draws,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const happens = async (each: Trouble): Promise<void> => {
    for (;;) {
      const pauseMs = draws.between(...each.everyMs);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      tally.set(each.name, (tally.get(each.name) ?? 0) + (await each.act()));
    }
  };
  await Promise.all(
    [...troublesOfTheApi(cast, draws), ...troublesOfNodes(cast, draws), changes(cast)].map(happens),
  );
}

function changes({ churn }: TroubleCast): Trouble {
  return {
    name: 'changes of Services, pools, endpoints',
    everyMs: [50, 250],
    // While the API server is restarted it takes none.
    act: async () =>
      await churn.step().then(
        () => 1,
        () => 0,
      ),
  };
}

function troublesOfTheApi(
  { grounds, spared, restartEveryMs }: TroubleCast,
  draws: Draws,
): Trouble[] {
  const { lab, subjects } = grounds;
  const struck = subjects.filter((subject) => !spared.includes(subject));
  const controllers = struck.filter(({ node }) => node === undefined);
  const once = async (
    subject: Subject,
    kind: 'cut' | 'disturb',
    ms: number,
    begin: () => void,
    end: () => void,
  ): Promise<number> => {
    using _known = grounds.affect(subject, kind);
    begin();
    await sleep(ms);
    end();
    return 1;
  };
  return [
    {
      name: 'watches ended',
      everyMs: [WATCH_LIFE_MS + 100, WATCH_LIFE_MS + 900],
      act: () =>
        Promise.resolve(
          subjects.reduce((sum, { proxy }) => sum + proxy.endWatches(() => draws.pick(ENDS)), 0),
        ),
    },
    {
      name: 'times a daemon met faulty answers for a while',
      everyMs: [4_000, 10_000],
      act: async () => {
        const subject = draws.pick(struck);
        const plan = new FaultPlan(draws.between(1, 1_000_000));
        const { proxy } = subject;
        const behave = (): void => proxy.behave();
        return await once(subject, 'disturb', 3_000, () => proxy.misbehave(plan), behave);
      },
    },
    {
      name: 'tokens replaced',
      everyMs: [1_500, 4_000],
      act: async () => {
        const subject = draws.pick(struck);
        using _known = grounds.affect(subject, 'disturb');
        await subject.proxy.expireToken(draws.between(0, 1_000));
        return 1;
      },
    },
    {
      name: 'times a daemon was cut off from the API server',
      everyMs: [8_000, 16_000],
      act: async () => {
        const subject = draws.pick(
          controllers.length > 0 && draws.chance(0.6) ? controllers : struck,
        );
        const { proxy } = subject;
        const set = (now: boolean) => (): void => proxy.unreachable(now);
        return await once(subject, 'cut', draws.between(500, 5_000), set(true), set(false));
      },
    },
    {
      name: 'restarts of the API server',
      everyMs: restartEveryMs,
      act: async () => {
        const cuts = subjects.map(({ reach }) => reach.cut());
        await lab.apiServer.kill();
        await sleep(draws.between(0, 2_000));
        await lab.apiServer.start();
        for (const cut of cuts) cut[Symbol.dispose]();
        return 1;
      },
    },
  ];
}

function troublesOfNodes({ grounds, spared }: TroubleCast, draws: Draws): Trouble[] {
  const subjects = grounds.subjects.filter((subject) => !spared.includes(subject));
  const speakers = grounds.speakers.filter((speaker) => subjects.includes(speaker));
  return [
    {
      name: 'cables pulled',
      everyMs: [6_000, 12_000],
      act: async () => {
        const speaker = draws.pick(speakers);
        using _cut = grounds.affect(speaker, 'cut');
        const { node } = speaker;
        await node.linkDown();
        await sleep(draws.between(200, 3_000));
        await node.linkUp();
        return 1;
      },
    },
    {
      name: 'interfaces that came and went',
      everyMs: [4_000, 8_000],
      act: async () => {
        const speaker = draws.pick(speakers);
        using _known = grounds.affect(speaker, 'disturb');
        const { node } = speaker;
        const ip = async (...words: string[]): Promise<unknown> =>
          await run(['ip', '-n', node.name, ...words]);
        await ip('link', 'add', 'extra0', 'type', 'veth', 'peer', 'name', 'extra1');
        await ip('address', 'add', '198.51.100.1/24', 'dev', 'extra0');
        await ip('link', 'set', 'extra0', 'up');
        await ip('link', 'set', 'extra1', 'up');
        await sleep(draws.between(300, 3_000));
        await ip('link', 'delete', 'extra0');
        return 1;
      },
    },
    {
      name: 'daemons frozen',
      everyMs: [10_000, 20_000],
      act: async () => {
        const subject = draws.pick(subjects);
        using _cut = grounds.affect(subject, 'cut');
        subject.daemon.freeze();
        await sleep(draws.between(300, 3_000));
        subject.daemon.thaw();
        return 1;
      },
    },
  ];
}
