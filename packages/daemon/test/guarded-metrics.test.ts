import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '@picluster/kube';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CertificateFolder } from '../src/certificate-folder.ts';
import { createMetrics, HealthChecks, startHttpServers, type HttpServers } from '../src/index.ts';
import { MetricsAccess } from '../src/metrics-access.ts';
import { makePair, mount, type Pair } from './certificates.ts';

// `/metrics` behind TLS, with an API server (in memory) that is asked who may read.

let folder: string;
let pair: Pair;
let sim: KubeSim;
let servers: HttpServers;
let undo: AsyncDisposableStack;

beforeEach(async () => {
  undo = new AsyncDisposableStack();
  folder = mkdtempSync(path.join(tmpdir(), 'picluster-metrics-'));
  undo.defer(() => rmSync(folder, { recursive: true }));
  sim = undo.use(
    await startKubeSim({
      tokens: { 'of-prometheus': 'prometheus', 'of-somebody': 'somebody' },
      access: ({ user, verb, path: at }) =>
        user === 'prometheus' && verb === 'get' && at === '/metrics',
    }),
  );
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sim.kubeconfig());
  const client = connect({ kubeconfig, userAgent: 'test' });
  undo.defer(async () => await client.close());
  const access = new MetricsAccess({ nowMs: () => 0 });
  access.askThrough(client);
  pair = await makePair('first');
  mount(folder, 'first', pair);
  const certificate = new CertificateFolder(folder, { info: () => {}, error: () => {} });
  servers = undo.use(
    await startHttpServers(
      { metrics: createMetrics(), health: new HealthChecks(), guard: { certificate, access } },
      { metricsPort: 0, healthPort: 0 },
    ),
  );
});
afterEach(async () => await undo.disposeAsync());

interface Answer {
  readonly status: number | undefined;
  readonly challenge: string | undefined;
  readonly body: string;
}

/** Asks by TLS, trusting this certificate alone. */
function scrape(token: string | undefined, ca: string, at: string = '/metrics'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port: servers.metricsPort, path: at, ca, headers };
    get({ ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () =>
        resolve({
          status: response.statusCode,
          challenge: response.headers['www-authenticate'],
          body,
        }),
      );
    }).once('error', reject);
  });
}

test('who may read them gets them', async () => {
  const { status, body } = await scrape('of-prometheus', pair.cert);
  expect(status).toBe(200);
  expect(body).toContain('process_resident_memory_bytes');
});

test('without a token, or with a wrong one, it is a 401 that asks for one', async () => {
  expect(await scrape(undefined, pair.cert)).toMatchObject({ status: 401, challenge: 'Bearer' });
  const { status, body } = await scrape('made-up', pair.cert);
  expect([status, body]).toEqual([
    401,
    'the API server does not know this token: invalid bearer token\n',
  ]);
});

test('a known user without the right is a 403 that says what is missing', async () => {
  const { status, body } = await scrape('of-somebody', pair.cert);
  expect([status, body]).toEqual([
    403,
    'somebody may not read the metrics: it needs the verb get on the non-resource URL /metrics\n',
  ]);
});

test('while the API server is away, metrics are a 503, and health is as it is', async () => {
  await sim.close();
  expect(await scrape('of-prometheus', pair.cert)).toMatchObject({ status: 503 });
  const ask = async (at: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${servers.healthPort}${at}`)).status;
  expect([await ask('/healthz'), await ask('/readyz')]).toEqual([200, 200]);
});

test('there is no way to the metrics around the guard', async () => {
  const beside = await fetch(`http://127.0.0.1:${servers.healthPort}/metrics`);
  expect(beside.status).toBe(404);
  await expect(fetch(`http://127.0.0.1:${servers.metricsPort}/metrics`)).rejects.toThrow(
    'fetch failed',
  );
  expect((await scrape('of-prometheus', pair.cert, '/readyz')).status).toBe(404);
});

test('a renewed certificate is shown to who connects next', async () => {
  const renewed = await makePair('second');
  mount(folder, 'second', renewed);
  expect((await scrape('of-prometheus', renewed.cert)).status).toBe(200);
  await expect(scrape('of-prometheus', pair.cert)).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
});

test('one port cannot have health and guarded metrics', async () => {
  const { metricsPort: port } = servers;
  const certificate = new CertificateFolder(folder, { info: () => {}, error: () => {} });
  const guard = { certificate, access: new MetricsAccess({ nowMs: () => 0 }) };
  const deps = { metrics: createMetrics(), health: new HealthChecks(), guard };
  await expect(startHttpServers(deps, { metricsPort: port, healthPort: port })).rejects.toThrow(
    'metrics by TLS need another port than health',
  );
});
