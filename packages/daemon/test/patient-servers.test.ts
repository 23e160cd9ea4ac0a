import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  createMetrics,
  HealthChecks,
  startHttpServers,
  startWhenFree,
  StartupServer,
} from '../src/index.ts';

/** Each pause ends when the test says so. */
class Pauses {
  readonly lengths: number[] = [];
  #waiting: (() => void)[] = [];
  #changed: () => void = () => {};

  readonly pause = (ms: number): Promise<void> => {
    this.lengths.push(ms);
    this.#changed();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  };

  /** Resolves when so many pauses were begun. */
  async begun(count: number): Promise<void> {
    while (this.lengths.length < count) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  end(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

async function occupied(): Promise<{ port: number; other: Server }> {
  const other = createServer();
  other.listen(0);
  await once(other, 'listening');
  return { port: (other.address() as AddressInfo).port, other };
}

async function ask(port: number): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  return [response.status, await response.text()];
}

describe('servers that wait for their ports', () => {
  const deps = { metrics: createMetrics(), health: new HealthChecks() };
  const lines: unknown[] = [];
  const log = { info: (line: string, fields?: object) => void lines.push([line, fields]) };

  test('are told of once, begin when all are free, and leave none behind meanwhile', async () => {
    const pauses = new Pauses();
    const { port, other } = await occupied();
    const start = (): ReturnType<typeof startHttpServers> =>
      startHttpServers(deps, { metricsPort: 0, healthPort: port });
    const { signal } = new AbortController();
    const started = startWhenFree(start, { pause: pauses.pause, log }, signal);
    await pauses.begun(1);
    pauses.end();
    await pauses.begun(2);
    other.close();
    await once(other, 'close');
    pauses.end();
    await using servers = await started;
    expect(servers?.healthPort).toBe(port);
    expect(lines).toEqual([['waiting for a port that another process has', { port }]]);
  });

  test('begin no more when the end has come', async () => {
    const pauses = new Pauses();
    const { port, other } = await occupied();
    const end = new AbortController();
    const started = startWhenFree(
      () => startHttpServers(deps, { metricsPort: undefined, healthPort: port }),
      { pause: pauses.pause, log },
      end.signal,
    );
    await pauses.begun(1);
    end.abort();
    pauses.end();
    expect(await started).toBeUndefined();
    other.close();
  });

  test('fail at once for another reason', async () => {
    const start = (): Promise<never> => Promise.reject(new Error('no'));
    const pauses = new Pauses();
    const { signal } = new AbortController();
    await expect(startWhenFree(start, { pause: pauses.pause, log }, signal)).rejects.toThrow('no');
  });
});

describe('the startup port', () => {
  const log = { info: () => {} };

  test('says no and why, then yes, and is free a while after that', async () => {
    const pauses = new Pauses();
    const { port, other } = await occupied();
    let problem: string | undefined = 'not yet';
    using server = new StartupServer({ pause: pauses.pause, log }, port, () => problem);
    const listening = server.listen();
    await pauses.begun(1);
    other.close();
    await once(other, 'close');
    pauses.end();
    await listening;
    expect(await ask(port)).toEqual([503, 'not yet\n']);
    problem = undefined;
    expect(await ask(port)).toEqual([200, 'ok\n']);
    expect(await ask(port)).toEqual([200, 'ok\n']);
    expect(pauses.lengths).toEqual([200, 5000]);
    pauses.end();
    await expect(pauses.begun(2).then(() => ask(port))).rejects.toThrow('fetch failed');
  });

  test('is given to another process that wants it, but not before yes was said', async () => {
    const pauses = new Pauses();
    const { port, other } = await occupied();
    other.close();
    await once(other, 'close');
    let problem: string | undefined = 'not yet';
    using server = new StartupServer({ pause: pauses.pause, log }, port, () => problem);
    await server.listen();
    server.yield();
    expect(await ask(port)).toEqual([503, 'not yet\n']);
    problem = undefined;
    server.yield();
    expect(await ask(port)).toEqual([200, 'ok\n']);
    server.yield();
    await expect(ask(port)).rejects.toThrow('fetch failed');
  });

  test('is free at once when it is closed, also while it is waited for', async () => {
    const pauses = new Pauses();
    const { port, other } = await occupied();
    const server = new StartupServer({ pause: pauses.pause, log }, port, () => undefined);
    const listening = server.listen();
    await pauses.begun(1);
    server.close();
    pauses.end();
    await listening;
    other.close();
    await once(other, 'close');
    await expect(ask(port)).rejects.toThrow('fetch failed');
  });
});
