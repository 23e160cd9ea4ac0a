import { systemClock as clock, systemRandom as random } from '@picluster/kube';
import { expect, test, vi } from 'vitest';
import { L2_STATUS } from '../src/service-status.ts';
import { ServiceStatusTask } from '../src/service-status-task.ts';
import { NAMESPACE, startSimApi } from './sim-api.ts';

const WAIT = { timeout: 20_000, interval: 20 };

test('a write that the API server fails is told of, and made again', async () => {
  await using api = await startSimApi();
  const { sim, client } = api;
  sim.faults.add(
    { verb: 'create', resource: 'servicel2statuses', times: 1 },
    { kind: 'status', code: 500 },
  );
  let failed = 0;
  const task = new ServiceStatusTask(
    { client, clock, random, whereIs: () => ['eth0'], failed: () => void failed++ },
    { kind: L2_STATUS, namespace: NAMESPACE, node: 'n1' },
  );
  const end = new AbortController();
  const running = task.run(end.signal);
  task.changed('default/web', true);
  const written = (): unknown[] => sim.objects('metallb.io/v1beta1', 'ServiceL2Status');
  await vi.waitFor(() => expect(written()).toHaveLength(1), WAIT);
  expect(failed).toBe(1);
  end.abort(new Error('the test is over'));
  await running;
});
