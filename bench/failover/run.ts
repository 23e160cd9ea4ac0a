import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../e2e/lab/asker.ts';
import type { LabNode } from '../../e2e/lab/lab-node.ts';
import { Connections, type Connected } from './connections.ts';
import { Prober } from './prober.ts';
import { evaluate, spansOfTwo, worst, type Evaluation, type Recording } from './recording.ts';
import type { Scenario, Scene } from './scenario.ts';
import { familyOf, type Family, type Stage } from './stage.ts';
import { theSwitch } from '../../e2e/lab/switch.ts';

/** What one run of a scenario brought. */
export interface RunResult {
  /** The worst of each family's addresses. */
  readonly families: ReadonlyMap<Family, Evaluation>;
  readonly heartbeatBytesPerSecond: number;
  /** Of all speakers; undefined where they are not counted. */
  readonly writesPerMinute: number | undefined;
  readonly connected: Connected | undefined;
  /** The longest that the machine let an ordinary process wait for a CPU: so much of a silence may be the machine's. */
  readonly stallMs: number;
}

/** What a run leaves for whoever wants to know why. */
export interface Evidence {
  readonly result: RunResult;
  /** Copies the capture, what the daemons logged meanwhile, and the times to a folder. */
  keep(folder: string, note: string): void;
}

const INTERVAL_MS = 10;
const BEFORE_FAULT_MS = 300;
const LIMIT_MS = 180_000;
const POLL_MS = 10;

/** Runs a scenario once, from a stage in order to a stage in disorder. */
export async function runOnce(
  stage: Stage,
  scenario: Scenario,
  turn: number,
  dataFolder: string,
): Promise<Evidence> {
  const owners = await stage.reset();
  const isAll = scenario.addresses !== undefined;
  let chosen = choose(stage, owners, turn, isAll);
  if (scenario.before !== undefined) {
    await scenario.before(sceneOf(stage, chosen.owner, []));
    const answerers = [...(await stage.answerers())];
    const first = answerers.flatMap(([address, [owner]]) =>
      owner === undefined ? [] : [[address, owner] as const],
    );
    chosen = choose(stage, new Map(first), turn, isAll);
  }
  const { owner, addresses } = chosen;
  const logs = logSizes(stage);
  const connections = scenario.connects && (await Connections.start(stage.lab, addresses));
  const intervalMs = scenario.intervalMs ?? INTERVAL_MS;
  const capture = path.join(dataFolder, 'capture.pcap');
  const prober = await Prober.start(stage.lab, addresses, {
    intervalMs,
    limitMs: LIMIT_MS,
    capture,
    under: stage.under,
  });
  const before = await reading(stage);
  await sleep(BEFORE_FAULT_MS);
  const faultMs = nowMs();
  const clock = `${new Date().toISOString()} is ${faultMs.toFixed(3)} ms in the capture`;
  const scene = sceneOf(stage, owner, prober.recordings);
  await scenario.fault(scene);
  await sleep(scenario.holdMs ?? 0);
  const healMs = nowMs();
  await scenario.heal?.(scene);
  await sleep(scenario.watchMs ?? 0);
  const after = await reading(stage);
  const recordings = await prober.stop();
  const connected = connections ? await connections.stop() : undefined;
  const seconds = (after.atMs - before.atMs) / 1_000;
  const result: RunResult = {
    families: evaluations(stage, recordings, intervalMs, faultMs),
    heartbeatBytesPerSecond: (after.heartbeatBytes - before.heartbeatBytes) / seconds,
    writesPerMinute:
      after.writes === undefined || before.writes === undefined
        ? undefined
        : ((after.writes - before.writes) * 60) / seconds,
    connected,
    stallMs: prober.machine.stallMs,
  };
  return {
    result,
    keep: (folder, note) => {
      mkdirSync(folder, { recursive: true });
      cpSync(capture, path.join(folder, 'capture.pcap'));
      keepLogTails(stage, logs, folder);
      const two = recordings.map(({ address, answers }) => ({
        address,
        spansOfTwo: spansOfTwo(answers, intervalMs),
        answerers: [...new Set(answers.map(({ mac }) => mac))],
      }));
      const facts = { note, owner: owner.name, ownerMac: owner.mac, clock, faultMs, healMs, two };
      const families = [...result.families];
      const text = JSON.stringify({ ...facts, ...result, families }, undefined, 2);
      writeFileSync(path.join(folder, 'run.json'), `${text}\n`);
    },
  };
}

interface Choice {
  readonly owner: LabNode;
  readonly addresses: readonly string[];
}

/** A node, in turn, and an address of each family that it answers for, or all of them. */
function choose(
  stage: Stage,
  owners: ReadonlyMap<string, LabNode>,
  turn: number,
  all: boolean,
): Choice {
  const [family = '4'] = stage.families;
  const candidates = stage.addresses(family);
  const answered = candidates.filter((address) => owners.has(address));
  const owner = owners.get(answered[turn % answered.length] ?? '');
  if (owner === undefined) throw new Error('nobody answers for any address');
  const own = stage.addresses().filter((address) => owners.get(address) === owner);
  if (all) return { owner, addresses: own };
  const addresses = stage.families.flatMap((each) => {
    const ofFamily = own.filter((address) => familyOf(address) === each);
    return ofFamily.slice(turn % ofFamily.length).slice(0, 1);
  });
  return { owner, addresses };
}

function sceneOf(stage: Stage, owner: LabNode, recordings: readonly Recording[]): Scene {
  const sinceMs = nowMs();
  const others = stage.lab.nodes.filter((node) => node !== owner);
  const isMoved = ({ answers }: Recording): boolean =>
    answers.some(({ atMs, mac }) => atMs > sinceMs && mac !== owner.mac);
  return {
    stage,
    owner,
    others,
    untilMoved: async () => {
      const untilMs = nowMs() + stage.contestant.patienceMs;
      while (nowMs() < untilMs && !recordings.every(isMoved)) await sleep(POLL_MS);
    },
  };
}

async function reading(
  stage: Stage,
): Promise<{ atMs: number; heartbeatBytes: number; writes: number | undefined }> {
  const { bytes } = await theSwitch.counted();
  return { atMs: nowMs(), heartbeatBytes: bytes, writes: stage.writes() };
}

function evaluations(
  stage: Stage,
  recordings: readonly Recording[],
  intervalMs: number,
  fromMs: number,
): ReadonlyMap<Family, Evaluation> {
  return new Map(
    stage.families.flatMap((family) => {
      const own = recordings.filter(({ address }) => familyOf(address) === family);
      const span = { fromMs, toMs: Infinity };
      const judged = own.map((recording) => evaluate(recording, intervalMs, span));
      return judged.length === 0 ? [] : [[family, worst(judged)] as const];
    }),
  );
}

function logSizes(stage: Stage): ReadonlyMap<string, number> {
  const { logFolder } = stage.lab;
  const names = readdirSync(logFolder).filter((name) => name.endsWith('.log'));
  return new Map(names.map((name) => [name, statSync(path.join(logFolder, name)).size]));
}

function keepLogTails(stage: Stage, from: ReadonlyMap<string, number>, folder: string): void {
  for (const [name, bytes] of from) {
    const tail = readFileSync(path.join(stage.lab.logFolder, name)).subarray(bytes);
    if (tail.length > 0) writeFileSync(path.join(folder, name), tail);
  }
}
