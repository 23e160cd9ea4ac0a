import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureOperatorCrds } from '../../scripts/prometheus-operator.mjs';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster } from './cluster.ts';
import { CHART } from './helm.ts';

// What the chart makes for the Prometheus operator, on an API server that knows the operator's kinds: it refuses a field that they do not have.

const MONITORING = fileURLToPath(new URL('../../deploy/monitoring', import.meta.url));
const KINDS = ['podmonitors', 'servicemonitors', 'prometheusrules'];
const monitored = { serviceAccount: 'prometheus', namespace: 'default' };
const endpoint = {
  interval: '30s',
  metricRelabelings: [{ sourceLabels: ['__name__'], regex: 'nodejs_.*', action: 'drop' }],
  relabelings: [{ action: 'labeldrop', regex: 'pod' }],
};
const tls = { controllerMetricsTLSSecret: 'one', speakerMetricsTLSSecret: 'other' };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
  const folder = await ensureOperatorCrds();
  for (const kind of KINDS) {
    const file = path.join(folder, `monitoring.coreos.com_${kind}.yaml`);
    await cluster.kubectl('apply', '--server-side', '--filename', file);
  }
  await cluster.kubectl('create', 'namespace', 'metallb-system');
  await waitFor('the kinds to be served', async () => {
    await cluster.kubectl('get', KINDS.join());
    return true;
  });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

/** Applies what the chart makes of these values of `prometheus`, and says of which objects of the operator's kinds it was told. */
async function applied(prometheus: object, more: object = {}): Promise<readonly string[]> {
  const words = ['template', 'picluster', CHART, '--namespace', 'metallb-system'];
  const values = { prometheus: { ...monitored, ...prometheus }, ...more };
  const file = path.join(cluster.folder, 'rendered.yaml');
  writeFileSync(file, await cluster.helm.run(words, values));
  const output = await cluster.kubectl('apply', '--validate=strict', '--filename', file);
  return output.split('\n').filter((line) => line.includes('monitoring.coreos.com/'));
}

describe('the Prometheus operator’s API', () => {
  test('refuses a field that it does not have', async () => {
    const authorization = { credential: {} };
    await expect(
      applied({ podMonitor: { enabled: true, authorization } }, { tls }),
    ).rejects.toThrow('unknown field');
  });

  test('takes the plain manifests', async () => {
    const output = await cluster.kubectl('apply', '--validate=strict', '--kustomize', MONITORING);
    expect(output.trim().split('\n')).toEqual([
      'podmonitor.monitoring.coreos.com/picluster-controller created',
      'podmonitor.monitoring.coreos.com/picluster-speaker created',
      'prometheusrule.monitoring.coreos.com/picluster created',
    ]);
  });

  test.each([
    ['plain HTTP', {}],
    ['TLS', { tls }],
  ])('takes PodMonitors for %s', async (_title, more) => {
    const authorization = { credentials: { name: 'token', key: 'token' } };
    expect(
      await applied({ podMonitor: { enabled: true, ...endpoint, authorization } }, more),
    ).toHaveLength(2);
  });

  test.each([
    ['plain HTTP', {}],
    ['TLS', { tls }],
  ])('takes ServiceMonitors for %s', async (_title, more) => {
    expect(await applied({ serviceMonitor: { enabled: true, ...endpoint } }, more)).toHaveLength(2);
  });

  test('takes the alerts, those of others beside ours', async () => {
    const extraAlerts = [{ alert: 'Mine', expr: 'vector(1)', for: '1m', labels: { a: 'b' } }];
    expect(await applied({ prometheusRule: { enabled: true, extraAlerts } })).toEqual([
      expect.stringMatching(/^prometheusrule\.monitoring\.coreos\.com\/picluster configured$/),
    ]);
  });
});
