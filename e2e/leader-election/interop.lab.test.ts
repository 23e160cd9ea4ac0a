import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureKubernetes } from '../../scripts/kubernetes.mjs';
import { type ControlPlane, startControlPlane } from '../lab/control-plane.ts';
import { Processes } from '../lab/processes.ts';
import { Contender, type Contest, type Reign, timings } from './contender.ts';

interface Lease {
  readonly spec: {
    readonly holderIdentity: string;
    readonly leaseTransitions: number;
    readonly leaseDurationSeconds: number;
  };
}

const { leaseDurationMs, retryPeriodMs } = timings;
/** A candidate looks at least this often. */
const lookMs = retryPeriodMs * 2.2;
/** What processes, requests and the machine may cost on top. */
const slackMs = 1500;

const dir = mkdtempSync(path.join(tmpdir(), 'leader-election-'));
const processes = new Processes(path.join(dir, 'electors'));
const contenders: Contender[] = [];
let controlPlane: ControlPlane;
let contest: Contest;

beforeAll(async () => {
  controlPlane = await startControlPlane({ dir, controllerManager: false });
  const { kubeconfig } = controlPlane;
  contest = { processes, kubeconfig, binary: await ensureKubernetes(), leaseName: 'shared' };
});

afterAll(async () => {
  await processes.stop();
  await controlPlane?.stop();
});

function stand(identity: string): Contender {
  const contender = new Contender(contest, identity);
  contenders.push(contender);
  return contender;
}

async function lease(): Promise<Lease['spec']> {
  const found = await controlPlane.api.get<Lease>(
    `/apis/coordination.k8s.io/v1/namespaces/default/leases/${contest.leaseName}`,
  );
  return found.spec;
}

/** Who takes over after `from` ended, in which time, and what the Lease then says. */
async function handOver(
  next: Contender,
  endMs: number,
  withinMs: number,
  transitions: number,
): Promise<void> {
  const tookMs = (await next.leads()) - endMs;
  console.log(`${next.identity} led ${tookMs} ms after the end of the one before`);
  expect(tookMs).toBeGreaterThanOrEqual(0);
  expect(tookMs).toBeLessThan(withinMs);
  expect(await lease()).toMatchObject({
    holderIdentity: next.identity,
    leaseTransitions: transitions,
  });
}

describe('our elector and client-go share one Lease', { timeout: 120_000 }, () => {
  const afterDeathMs = leaseDurationMs + lookMs + slackMs;
  const afterReleaseMs = lookMs + slackMs;

  test('each takes over from the other: killed, told to stop, and frozen; never do two lead', async () => {
    const ours1 = stand('ours-1');
    await ours1.leads();
    expect(await lease()).toMatchObject({
      holderIdentity: 'ours-1',
      leaseTransitions: 0,
      leaseDurationSeconds: 3,
    });
    const go1 = stand('go-1');
    await go1.observes('ours-1');

    await handOver(go1, await ours1.kill(), afterDeathMs, 1);

    const ours2 = stand('ours-2');
    await ours2.observes('go-1');
    await handOver(ours2, await go1.kill(), afterDeathMs, 2);

    const go2 = stand('go-2');
    await go2.observes('ours-2');
    await handOver(go2, await ours2.stop(), afterReleaseMs, 3);

    const ours3 = stand('ours-3');
    await ours3.observes('go-2');
    await handOver(ours3, await go2.stop(), afterReleaseMs, 4);

    const go3 = stand('go-3');
    await go3.observes('ours-3');
    await handOver(go3, ours3.freeze(), afterDeathMs, 5);
    ours3.thaw();
    await ours3.observes('go-3');
    const goEndMs = await go3.stop();
    const tookMs = (await ours3.leads(2)) - goEndMs;
    expect(tookMs).toBeLessThan(afterReleaseMs);
    await ours3.stop();
    expect(await lease()).toMatchObject({ holderIdentity: '', leaseTransitions: 6 });

    const reigns = contenders.flatMap((contender) => contender.reigns);
    expect(reigns).toHaveLength(7);
    for (const { fromMs, untilMs } of reigns) expect(untilMs).toBeGreaterThan(fromMs);
    expect(overlaps(reigns)).toEqual([]);
  });

  test('of two of each kind that start together one leads, and whenever it is killed one of the rest follows', async () => {
    contest = { ...contest, leaseName: 'crowd' };
    const crowd = ['ours-a', 'go-a', 'ours-b', 'go-b'].map(
      (identity) => new Contender(contest, identity),
    );
    for (let transitions = 0; transitions < crowd.length; transitions++) {
      const leader = await firstToLead(crowd.filter(({ process }) => process.running));
      expect(await lease()).toMatchObject({
        holderIdentity: leader.identity,
        leaseTransitions: transitions,
      });
      await leader.kill();
    }
    const reigns = crowd.flatMap((contender) => contender.reigns);
    expect(reigns).toHaveLength(4);
    expect(overlaps(reigns)).toEqual([]);
  });
});

async function firstToLead(candidates: readonly Contender[]): Promise<Contender> {
  const led = candidates.map(async (candidate) => {
    await candidate.leads();
    return candidate;
  });
  return await Promise.any(led);
}

/** Each pair of reigns, one after the other in time, of which the second began before the first ended. */
function overlaps(reigns: readonly Reign[]): string[] {
  const sorted = [...reigns].sort((one, other) => one.fromMs - other.fromMs);
  return sorted.slice(1).flatMap((reign, index) => {
    const before = sorted[index];
    return before !== undefined && reign.fromMs < before.untilMs
      ? [
          `${reign.identity} at ${reign.fromMs} began before ${before.identity} ended at ${before.untilMs}`,
        ]
      : [];
  });
}
