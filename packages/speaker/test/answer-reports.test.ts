import { createMetrics, type Metrics } from '@picluster/daemon';
import { SimClock } from '@picluster/testkit';
import { beforeEach, expect, test } from 'vitest';
import { ANSWERED_TWICE_AGAIN_MS, AnswerReports } from '../src/answer-reports.ts';
import type { AnswerNews } from '../src/answer-watch-task.ts';

const IP = '192.0.2.1';
const MAC = '02:00:00:00:00:02';

let clock: SimClock;
let metrics: Metrics;
let told: string[];
let conflicts: string[];
let logged: string[];
let reports: AnswerReports;

beforeEach(() => {
  clock = new SimClock();
  metrics = createMetrics();
  told = [];
  conflicts = [];
  logged = [];
  const log = (message: string): void => void logged.push(message);
  reports = new AnswerReports({
    metrics,
    clock,
    log: { info: log, warn: log },
    node: 'n1',
    nameOf: (id) => `node-${id}`,
    warn: (address, reason, message) => void told.push(`${address} ${reason} ${message}`),
    conflict: (address, interfaceName, mac) =>
      void conflicts.push(`${address} ${interfaceName} ${mac}`),
  });
});

const fault = (more: Partial<Extract<AnswerNews, { kind: 'fault' }>>): void =>
  reports.tell('eth0', {
    kind: 'fault',
    fault: 'silent',
    address: IP,
    node: '2',
    mac: MAC,
    now: true,
    isTeller: true,
    ...more,
  });

async function series(name: string): Promise<string[]> {
  const { body } = await metrics.scrape();
  return body.split('\n').filter((line) => line.startsWith(`${name}{`));
}

test('the gauge names address, node and hardware address for as long as it is so', async () => {
  fault({});
  expect(await series('picluster_l2_wrong_answers')).toEqual([
    `picluster_l2_wrong_answers{interface="eth0",ip="${IP}",fault="silent",node="node-2",mac="${MAC}"} 1`,
  ]);
  // The holder tells people, who knows what comes of it.
  expect(told).toEqual([]);
  fault({ now: false });
  expect(await series('picluster_l2_wrong_answers')).toEqual([]);
  expect(logged).toHaveLength(2);
});

test('a node that answers too is told of by one of those who hear it, once in ten minutes for each address', async () => {
  fault({ fault: 'answers-too', isTeller: false });
  expect(told).toEqual([]);
  fault({ fault: 'answers-too' });
  fault({ fault: 'answers-too', node: '3' });
  fault({ fault: 'answers-too', address: '192.0.2.2' });
  expect(told).toHaveLength(2);
  expect(told[0]).toContain(
    `${IP} addressAnsweredTwice node "node-2" (${MAC}) answers for "${IP}"`,
  );
  await clock.advance(ANSWERED_TWICE_AGAIN_MS);
  fault({ fault: 'answers-too' });
  expect(told).toHaveLength(3);
});

test('who gives an address up, or keeps it all the same, says why on the Services', async () => {
  const said = { address: IP, tellers: 2, others: 3 };
  reports.tell('eth0', { kind: 'set-aside', ...said, except: [] });
  reports.tell('eth0', { kind: 'kept', ...said });
  reports.tell('eth0', { kind: 'back', address: IP });
  const start = `${IP} addressUnanswered node "n1" does not answer for "${IP}" on eth0: 2 of 3 other speakers asked in vain, while its heartbeats arrive; `;
  expect(told).toEqual([
    `${start}another node takes over`,
    `${start}no other node could take over`,
  ]);
  expect(await series('picluster_l2_set_aside_total')).toEqual([
    'picluster_l2_set_aside_total{interface="eth0"} 1',
  ]);
  expect(logged).toHaveLength(3);
});

test('a machine that is no speaker is a conflict; each question is counted by its outcome', async () => {
  reports.tell('eth0', { kind: 'foreign', address: IP, mac: MAC });
  expect(conflicts).toEqual([`${IP} eth0 ${MAC}`]);
  for (const outcome of ['right', 'right', 'none'] as const) {
    reports.tell('eth0', { kind: 'counted', outcome });
  }
  expect(await series('picluster_l2_answer_checks_total')).toEqual([
    'picluster_l2_answer_checks_total{interface="eth0",outcome="right"} 2',
    'picluster_l2_answer_checks_total{interface="eth0",outcome="none"} 1',
  ]);
});
