import { getEventListeners } from 'node:events';
import { type KubeClient, KubeError, type KubeStreamRequest, Reflector } from '@picluster/kube';
import { type Random, seededRandom, seedFromEnvironment, SimClock } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { added, bookmark, errorEvent, modified, service } from './scripted-client.ts';

const DAY_MS = 86_400_000;
const seed = seedFromEnvironment(1);

/** An API server in simulated time: each watch ends after the time that it asked for, or before; well or badly. */
class YearlongClient implements Pick<KubeClient, 'request' | 'stream'> {
  streams = 0;
  lists = 0;
  open = 0;
  readonly #clock: SimClock;
  readonly #random: Random;
  #version = 1;

  constructor(clock: SimClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  request<T>(): Promise<T> {
    return Promise.reject(new Error('nobody expected pages'));
  }

  stream({ query = {}, signal }: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    this.streams += 1;
    const dice = this.#random();
    if (dice < 0.05) return Promise.reject(new KubeError('network', 'refused'));
    const isList = query['sendInitialEvents'] === true;
    if (isList) this.lists += 1;
    const seconds = Number(query['timeoutSeconds']) * (dice < 0.3 ? this.#random() : 1);
    return Promise.resolve(this.#read(isList, seconds * 1000, signal));
  }

  async *#read(isList: boolean, lastsMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    this.open += 1;
    try {
      if (isList) yield* lines(added(service('a', this.#version)), bookmark(this.#version, true));
      await this.#clock.sleep(lastsMs, signal);
      this.#version += 1;
      yield* lines(modified(service('a', this.#version)), bookmark(this.#version));
      yield* this.#lastWords();
    } finally {
      this.open -= 1;
    }
  }

  *#lastWords(): Generator<Uint8Array> {
    const dice = this.#random();
    if (dice < 0.1) throw new KubeError('network', 'reset');
    if (dice < 0.2) yield* lines(errorEvent(410, 'Expired'));
    else if (dice < 0.25) yield new TextEncoder().encode('{"type":"MODI');
  }
}

function* lines(...events: readonly unknown[]): Generator<Uint8Array> {
  for (const event of events) yield new TextEncoder().encode(`${JSON.stringify(event)}\n`);
}

test(`a year of watches, ended in every way, leaves no timer, no listener and no stream behind: seed ${seed}`, async () => {
  const clock = new SimClock();
  const random = seededRandom(seed);
  const client = new YearlongClient(clock, random);
  const reflector = new Reflector(
    { client, clock, random },
    {
      path: '/api/v1/services',
      project: ({ metadata }) => metadata.resourceVersion,
      // Bookmarks would be most of the work of this test.
      inactivityMs: 700_000,
    },
  );
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const left = (): number => clock.pending + getEventListeners(stop.signal, 'abort').length;
  let most = 0;
  for (let day = 0; day < 365; day++) {
    await clock.advance(DAY_MS);
    expect(client.open).toBeLessThanOrEqual(1);
    expect(reflector.size).toBe(1);
    // Longer than the longest pause between two tries it never was without a watch.
    expect(reflector.staleMs()).toBeLessThanOrEqual(60_000);
    if (day < 2) most = Math.max(most, left());
    expect(left()).toBeLessThanOrEqual(most);
  }
  expect(client.streams).toBeGreaterThan(70_000);
  expect(client.lists).toBeLessThan(client.streams / 2);
  stop.abort();
  await running;
  expect([clock.pending, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
});
