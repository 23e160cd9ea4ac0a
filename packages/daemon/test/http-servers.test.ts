import { expect, test } from 'vitest';
import { createMetrics, HealthChecks, startHttpServers } from '../src/index.ts';

test('health is answered with the failing check and its reason, and readiness fails with liveness', async () => {
  const health = new HealthChecks();
  let problem: string | undefined;
  health.live('loop', () => undefined);
  health.ready('services', () => problem);
  await using servers = await startHttpServers(
    { metrics: createMetrics(), health },
    { metricsPort: undefined, healthPort: 0 },
  );
  const ask = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${servers.healthPort}${path}`);
    return [response.status, await response.text()];
  };
  expect(await ask('/readyz')).toEqual([200, 'ok\n']);
  problem = 'nothing heard for 90 s';
  expect(await ask('/readyz')).toEqual([503, 'services: nothing heard for 90 s\n']);
  expect(await ask('/healthz')).toEqual([200, 'ok\n']);
  expect((await ask('/nothing'))[0]).toBe(404);
});

test('metrics are scraped with their labels, and a removed series is gone', async () => {
  const metrics = createMetrics();
  const counter = metrics.counter('requests', 'Requests.', ['ip']);
  counter.inc({ ip: '192.0.2.1' });
  counter.inc({ ip: '192.0.2.2' }, 3);
  metrics.gauge('staleness_seconds', 'Staleness.', [], () => 7);
  await using servers = await startHttpServers(
    { metrics, health: new HealthChecks() },
    { metricsPort: 0, healthPort: undefined },
  );
  const scrape = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${servers.metricsPort}/metrics`)).text();
  const first = await scrape();
  expect(first).toContain('requests{ip="192.0.2.2"} 3');
  expect(first).toContain('staleness_seconds 7');
  expect(first).toContain('process_resident_memory_bytes');
  counter.remove({ ip: '192.0.2.2' });
  expect(await scrape()).not.toContain('192.0.2.2');
});

test('a port that is taken is an error that names the port', async () => {
  const deps = { metrics: createMetrics(), health: new HealthChecks() };
  await using first = await startHttpServers(deps, { metricsPort: 0, healthPort: undefined });
  const port = first.metricsPort;
  await expect(
    startHttpServers(deps, { metricsPort: port, healthPort: undefined }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE', port });
});
