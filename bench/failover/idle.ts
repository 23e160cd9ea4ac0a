import { setTimeout as sleep } from 'node:timers/promises';
import { total, writesBetween, type WriteCounts } from '../controller-scale/api-writes.ts';
import { cpuSeconds, memory } from '../controller-scale/process-usage.ts';
import type { Stage } from './stage.ts';
import { theSwitch } from '../../e2e/lab/switch.ts';

/** What it costs to hold addresses while nothing happens and nobody asks. */
export interface Idle {
  readonly who: string;
  readonly addresses: number;
  readonly seconds: number;
  /** Of one core, the busiest speaker's. */
  readonly cpuPercent: number;
  /** The largest speaker's. */
  readonly residentMb: number;
  readonly heartbeatBytesPerSecond: number;
  /** Of all speakers, by kind; undefined where they are not counted. */
  readonly writes: WriteCounts | undefined;
  /** Of the controller, which renews its own Lease. */
  readonly controllerWrites: WriteCounts | undefined;
  /** Ours promise less than 1 % of a core, and no write. */
  readonly broken: readonly string[];
}

const CPU_PERCENT_MAX = 1;
const SETTLE_MS = 10_000;

/** Watches the speakers for some time. */
export async function measureIdle(stage: Stage, seconds: number): Promise<Idle> {
  await stage.reset();
  await sleep(SETTLE_MS);
  const pids = stage.lab.nodes.map((node) => stage.speaker(node).pid);
  const before = {
    cpu: pids.map(cpuSeconds),
    writes: stage.writesByKind('speakers'),
    controller: stage.writesByKind('controller'),
  };
  const bytesBefore = (await theSwitch.counted()).bytes;
  await sleep(seconds * 1_000);
  const bytes = (await theSwitch.counted()).bytes - bytesBefore;
  const cpu = pids.map((pid, i) => cpuSeconds(pid) - (before.cpu[i] ?? 0));
  const writes = since(before.writes, stage.writesByKind('speakers'));
  const controllerWrites = since(before.controller, stage.writesByKind('controller'));
  const others = total(controllerWrites ?? new Map(), ['leases']);
  const cpuPercent = (Math.max(...cpu) / seconds) * 100;
  const isWire = stage.contestant.strategy === 'wire';
  return {
    who: stage.contestant.name,
    addresses: stage.addresses().length,
    seconds,
    cpuPercent,
    residentMb: Math.max(...pids.map((pid) => memory(pid).residentMb)),
    heartbeatBytesPerSecond: bytes / seconds,
    writes,
    controllerWrites,
    broken: [
      ...(isWire && cpuPercent >= CPU_PERCENT_MAX ? [`${cpuPercent.toFixed(2)} % of a core`] : []),
      ...(isWire && (writes?.size ?? 0) > 0 ? [`writes: ${inWords(writes)}`] : []),
      ...(others > 0 ? [`the controller's writes: ${inWords(controllerWrites)}`] : []),
    ],
  };
}

function since(
  before: WriteCounts | undefined,
  after: WriteCounts | undefined,
): WriteCounts | undefined {
  return before && after && writesBetween(before, after);
}

/** How many, and of what. */
function inWords(writes: WriteCounts | undefined): string {
  if (writes === undefined) return '';
  const kinds = [...writes].map(([kind, count]) => `${count} ${kind}`);
  return kinds.length === 0 ? '0' : kinds.join(', ');
}

/** Lines of the table, in Markdown. */
export function idleTable(all: readonly Idle[]): string {
  const head = [
    '| idle | addresses | seconds | CPU of the busiest speaker | resident | heartbeats | API writes | of the controller | |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  const lines = all.map((idle) => {
    const cells = [
      idle.who,
      idle.addresses,
      idle.seconds,
      `${idle.cpuPercent.toFixed(2)} %`,
      `${idle.residentMb.toFixed(0)} MB`,
      `${idle.heartbeatBytesPerSecond.toFixed(0)} B/s`,
      inWords(idle.writes),
      inWords(idle.controllerWrites),
      idle.broken.length > 0 ? `BROKEN: ${idle.broken.join(', ')}` : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}
