import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabProcess, Processes } from '../../e2e/lab/processes.ts';
import { cpuSeconds, memory, type Memory } from '../controller-scale/process-usage.ts';
import type { Contestant } from './contestants.ts';

/** What was seen of one run. */
export interface Run extends Memory {
  /** From its start until it said that it does its job. */
  readonly readyMs: number;
}

const READY_LIMIT_MS = 120_000;
const ASK_EVERY_MS = 5;
/** A process that used less than this of a core, for so long, is at rest. */
const REST = { cpu: 0.1, forMs: 5_000, limitMs: 300_000 } as const;
/** V8 collects what a burst left when nothing has happened for some seconds. */
const SETTLE_MS = 10_000;
const STOP_LIMIT_MS = 60_000;

/** Starts a contestant, waits until it is ready and at rest, and looks at its memory; then ends it. */
export async function measure(
  processes: Processes,
  contestant: Contestant,
  kubeconfig: string,
): Promise<Run> {
  const start = contestant.start(kubeconfig);
  // A page that is touched brings along its neighbours, as far as the page cache has them: it has all, whatever the system dropped since the last run.
  const [program] = start.command;
  readFileSync(program);
  const startedMs = performance.now();
  const started = processes.start(start);
  try {
    await untilReady(started, contestant);
    const readyMs = performance.now() - startedMs;
    await untilAtRest(started.pid);
    await sleep(SETTLE_MS);
    return { readyMs, ...memory(started.pid) };
  } catch (cause) {
    throw new Error(`${started.name} failed; its log ends:\n${started.output()}`, { cause });
  } finally {
    // MetalLB's speaker takes its time, and has nothing to give back that would count here.
    await (contestant.ours ? started.stop(STOP_LIMIT_MS) : started.kill());
  }
}

async function untilReady(started: LabProcess, { ready }: Contestant): Promise<void> {
  const untilMs = performance.now() + READY_LIMIT_MS;
  // By one connection: to accept one for each question is work that nobody asks of it otherwise.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    while (!ready.says.test(await answerOf(ready, agent))) {
      if (!started.running) throw new Error('it ended');
      if (performance.now() > untilMs) throw new Error('it was not ready in time');
      await sleep(ASK_EVERY_MS);
    }
  } finally {
    agent.destroy();
  }
}

async function untilAtRest(pid: number): Promise<void> {
  const untilMs = performance.now() + REST.limitMs;
  for (;;) {
    const before = cpuSeconds(pid);
    await sleep(REST.forMs);
    const used = (cpuSeconds(pid) - before) / (REST.forMs / 1_000);
    if (used < REST.cpu) return;
    if (performance.now() > untilMs) throw new Error('it did not come to rest');
  }
}

/** What is served there; nothing where nobody serves. */
async function answerOf(
  place: { readonly port: number; readonly path: string },
  agent: Agent,
): Promise<string> {
  return await new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', ...place, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', () => resolve(''));
  });
}
