import { SimClock } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import { L2Election, L2ElectionError } from '../src/index.ts';
import { hmac, key } from './frames.ts';

const x = '192.0.2.1';

/** Some nodes on one cable in simulated time. */
class Cable {
  readonly clock = new SimClock();
  readonly listeners = new Map<string, (frame: Uint8Array) => void>();
  readonly nodes = new Map<string, L2Election>();
  readonly calls: string[] = [];
  readonly frames: Uint8Array[] = [];
  readonly pulled = new Set<string>();
  #macs = 0;

  node(name: string, nodeKey: Uint8Array = key): L2Election {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, ++this.#macs);
    const untilOf: Record<string, () => number> = {};
    const election = new L2Election(
      {
        clock: this.clock,
        random: () => this.#macs / 1000,
        hmac,
        link: {
          mac,
          up: true,
          listen: (listener) => this.listeners.set(name, (frame) => listener.onFrame(frame)),
          send: (frame) => this.send(name, frame),
        },
        // The gateway answers.
        solicit: () => this.deliver(name, gatewayFrame),
        listener: {
          gained: (address, untilMs) => {
            untilOf[address] = untilMs;
            const word = untilMs() > this.clock.nowMs() ? 'gained' : 'gained too late';
            this.calls.push(`${name} ${word} ${address}`);
          },
          lost: (address, reason) => {
            const word = untilOf[address]?.() === -Infinity ? 'lost' : 'lost too early';
            this.calls.push(`${name} ${word} ${address}: ${reason}`);
          },
          record: (address, term) => this.calls.push(`${name} record ${address} ${term}`),
          conflict: (address, owner) => this.calls.push(`${name} conflict ${address} ${owner}`),
        },
      },
      { nodeName: name, electorate: 'cluster', keys: [nodeKey] },
    );
    this.nodes.set(name, election);
    return election;
  }

  send(from: string, frame: Uint8Array): void {
    if (this.pulled.has(from)) return;
    this.frames.push(frame.slice());
    for (const to of this.listeners.keys()) {
      if (to !== from && !this.pulled.has(to)) this.deliver(to, frame);
    }
  }

  deliver(to: string, frame: Uint8Array): void {
    const copy = frame.slice();
    this.clock.timer(0, () => this.listeners.get(to)?.(copy));
  }

  answerers(): string[] {
    const nowMs = this.clock.nowMs();
    return [...this.nodes].filter(([, node]) => node.mayAnswer(x, nowMs)).map(([name]) => name);
  }
}

const gatewayFrame = Uint8Array.from({ length: 60 }, (_, at) => [8, 6][at - 12] ?? 0xee);

async function three(): Promise<[Cable, string]> {
  const cable = new Cable();
  for (const name of ['a', 'b', 'c']) cable.node(name).stand(x);
  await cable.clock.advance(1500);
  const [holder = ''] = cable.answerers();
  expect(cable.calls).toEqual(
    [`${holder} gained ${x}`, `${holder} record ${x} 1`].sort((one) =>
      one.includes('record') ? -1 : 1,
    ),
  );
  return [cable, holder];
}

describe('three nodes on a cable', () => {
  test('settle on one, and write that to the API once', async () => {
    const [cable] = await three();
    const calls = cable.calls.length;
    await cable.clock.advance(20_000);
    expect(cable.answerers()).toHaveLength(1);
    expect(cable.calls).toHaveLength(calls);
  });

  test('replace one whose cable is pulled within a second, and never answer twice', async () => {
    const [cable, holder] = await three();
    cable.pulled.add(holder);
    let silentMs = 0;
    for (let ms = 0; ms < 2000; ms++) {
      await cable.clock.advance(1);
      const answerers = cable.answerers().filter((name) => name !== holder);
      expect(cable.answerers().length).toBeLessThanOrEqual(2);
      expect(answerers.length).toBeLessThanOrEqual(1);
      if (answerers.length === 0) silentMs++;
    }
    expect(silentMs).toBeLessThan(1000);
  });

  test('replace one that resigns at once, without two calls overlapping', async () => {
    const [cable, holder] = await three();
    cable.nodes.get(holder)?.resign(x);
    expect(cable.calls.at(-1)).toBe(`${holder} lost ${x}: given`);
    await cable.clock.advance(10);
    expect(cable.answerers()).toHaveLength(1);
    expect(cable.answerers()).not.toContain(holder);
  });

  test('replace one that stops, which then is silent for good', async () => {
    const [cable, holder] = await three();
    const stopped = cable.nodes.get(holder)?.stop();
    await cable.clock.advance(20);
    await stopped;
    expect(cable.answerers()).toHaveLength(1);
    const frames = cable.frames.filter((frame) => frame[11] === 'abc'.indexOf(holder) + 1).length;
    await cable.clock.advance(5000);
    expect(cable.frames.filter((frame) => frame[11] === 'abc'.indexOf(holder) + 1)).toHaveLength(
      frames,
    );
    expect(cable.nodes.get(holder)?.untilMs(x)).toBe(-Infinity);
  });

  test('take no notice of frames that are repeated, cut, changed or of another key', async () => {
    const [cable, holder] = await three();
    cable.node('stranger', new Uint8Array(32).fill(1)).stand(x);
    const before = [...cable.calls];
    for (const frame of cable.frames.slice(0, 60)) {
      for (const to of ['a', 'b', 'c']) {
        cable.deliver(to, frame);
        cable.deliver(to, frame.subarray(0, frame.length - 1));
        cable.deliver(
          to,
          frame.map((byte, at) => (at === 35 ? byte ^ 0x40 : byte)),
        );
      }
      await cable.clock.advance(15);
    }
    expect(cable.answerers().filter((name) => name !== 'stranger')).toEqual([holder]);
    expect(cable.calls.filter((call) => !call.startsWith('stranger'))).toEqual(before);
  });
});

test('an address that another machine answers for is reported with its hardware address and left alone', async () => {
  const cable = new Cable();
  const node = cable.node('a');
  node.stand(x);
  await cable.clock.advance(900);
  node.answerHeard(x, Uint8Array.of(2, 0, 0, 0, 0, 0x99));
  await cable.clock.advance(3000);
  expect(cable.calls).toEqual([`a conflict ${x} 02:00:00:00:00:99`]);
});

test('a node that the API names successor for takes over from one that only the API knows', async () => {
  const cable = new Cable();
  const node = cable.node('a');
  node.setApiReachable(true);
  node.recordSeen(x, 3, 'far');
  node.nodeSeen('far');
  node.stand(x);
  await cable.clock.advance(14_000);
  expect(cable.calls).toEqual([]);
  await cable.clock.advance(4000);
  expect(cable.calls).toContain(`a gained ${x}`);
});

test('what cannot be an address or a key is refused by name', () => {
  const cable = new Cable();
  expect(() => cable.node('a').stand('192.0.2.01')).toThrow('not an address in its canonical text');
  expect(() => cable.node('b', new Uint8Array(4))).toThrow(L2ElectionError);
});
