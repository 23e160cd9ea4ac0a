import { SimClock } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import {
  type ElectionState,
  L2Election,
  L2ElectionError,
  type L2ElectionOptions,
  QUIET_FRAMES,
  wiredTimings,
} from '../src/index.ts';
import { hmac, key } from './frames.ts';

const x = '192.0.2.1';

/** Some nodes on one cable in simulated time. */
class Cable {
  readonly clock = new SimClock();
  readonly listeners = new Map<string, (frame: Uint8Array, waitedMs?: number) => void>();
  /** What waits, and since when, of nodes at rest. */
  readonly waiting = new Map<string, { frame: Uint8Array; sinceMs: number }[]>();
  readonly nodes = new Map<string, L2Election>();
  readonly calls: string[] = [];
  readonly frames: Uint8Array[] = [];
  readonly pulled = new Set<string>();
  /** How long the frames of a node are under way. */
  readonly delayMs = new Map<string, number>();
  readonly macs = new Map<string, string>();
  /** What each node last found when it was told to renew its table. */
  readonly tables = new Map<string, number>();
  /** Called by a node's listener before it does anything else. */
  onCall: (call: string) => void = () => {};
  #macs = 0;

  /** `a2` is a second interface of node `a`. */
  node(
    name: string,
    nodeKey: Uint8Array = key,
    more: Pick<L2ElectionOptions, 'inherited' | 'heardSinceMs'> = {},
  ): L2Election {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, ++this.#macs);
    const [nodeName = ''] = name;
    this.macs.set(mac.join(), name);
    const untilOf: Record<string, (address: string) => number> = {};
    const election = new L2Election(
      {
        clock: this.clock,
        random: () => this.#macs / 1000,
        hmac,
        link: {
          mac,
          up: true,
          listen: (listener) =>
            this.listeners.set(name, (frame, waitedMs) => {
              listener.onBatch(() => {
                if (waitedMs === undefined) listener.onFrame(frame);
                else listener.onKept(frame, waitedMs);
              });
            }),
          readAll: () => this.readAll(name),
          rest: (atRest) => this.rest(name, atRest),
          send: (frame) => this.send(name, frame),
        },
        electionOf: (source) => {
          const other = this.macs.get(source.join());
          return other?.[0] === nodeName ? this.nodes.get(other) : undefined;
        },
        // The gateway answers.
        solicit: () => this.deliver(name, gatewayFrame),
        listener: {
          gained: (address, untilMs) => {
            untilOf[address] = untilMs;
            const word = untilMs(address) > this.clock.nowMs() ? 'gained' : 'gained too late';
            this.note(`${name} ${word} ${address}`);
          },
          lost: (address, reason) => {
            const word = untilOf[address]?.(address) === -Infinity ? 'lost' : 'lost too early';
            this.note(`${name} ${word} ${address}: ${reason}`);
            delete untilOf[address];
          },
          renewed: (told) => {
            for (const [address, untilMs] of Object.entries(untilOf)) {
              if (untilMs(address) !== told) this.note(`${name} renewed wrongly ${address}`);
            }
            this.tables.set(name, untilOf[x]?.(x) ?? -Infinity);
            this.onCall(`${name} renewed`);
          },
          record: (address, term) => this.calls.push(`${name} record ${address} ${term}`),
          reported: ({ holder, holds }) =>
            this.calls.push(`${name} heard of ${holds.length} unanswered of ${holder}`),
          conflict: (address, owner) => this.calls.push(`${name} conflict ${address} ${owner}`),
        },
      },
      {
        nodeName,
        electorate: 'cluster',
        keys: [nodeKey],
        interfaceIndex: this.#macs,
        ...more,
      },
    );
    this.nodes.set(name, election);
    return election;
  }

  note(call: string): void {
    this.calls.push(call);
    this.onCall(call);
  }

  send(from: string, frame: Uint8Array): void {
    if (this.pulled.has(from)) return;
    this.frames.push(frame.slice());
    for (const to of this.listeners.keys()) {
      if (to !== from && !this.pulled.has(to)) this.deliver(to, frame, this.delayMs.get(from));
    }
  }

  deliver(to: string, frame: Uint8Array, delayMs: number = 0): void {
    const copy = frame.slice();
    this.clock.timer(delayMs, () => {
      const waiting = isQuiet(copy) ? this.waiting.get(to) : undefined;
      if (waiting === undefined) this.listeners.get(to)?.(copy);
      else waiting.push({ frame: copy, sinceMs: this.clock.nowMs() });
    });
  }

  readAll(name: string): void {
    for (const { frame, sinceMs } of this.waiting.get(name)?.splice(0) ?? []) {
      this.listeners.get(name)?.(frame, this.clock.nowMs() - sinceMs);
    }
  }

  rest(name: string, atRest: boolean): void {
    if (atRest) this.waiting.set(name, []);
    else {
      const late = this.waiting.get(name) ?? [];
      this.waiting.delete(name);
      for (const { frame } of late) this.clock.timer(0, () => this.listeners.get(name)?.(frame));
    }
  }

  answerers(): string[] {
    const nowMs = this.clock.nowMs();
    return [...this.nodes].filter(([, node]) => node.mayAnswer(x, nowMs)).map(([name]) => name);
  }
}

/** As a kernel filter tells it. */
function isQuiet(frame: Uint8Array): boolean {
  const { version, flags } = QUIET_FRAMES;
  return frame[version.at] === version.value && flags.values.includes(frame[flags.at] ?? 0);
}

const gatewayFrame = Uint8Array.from({ length: 60 }, (_, at) => [8, 6][at - 12] ?? 0xee);

async function three(): Promise<[Cable, string]> {
  const cable = new Cable();
  for (const name of ['a', 'b', 'c']) cable.node(name).stand(x);
  await cable.clock.advance(1500);
  const [holder = ''] = cable.answerers();
  expect(cable.calls).toEqual(
    [`${holder} gained ${x}`, `${holder} record ${x} 1`].sort((one) =>
      one.includes('gained') ? -1 : 1,
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

  test('take one turn for each heartbeat of their own, and none for those of others, while nothing is new', async () => {
    const [cable] = await three();
    // No two frames arrive together.
    cable.delayMs.set('a', 0.3).set('b', 0.6).set('c', 0.9);
    await cable.clock.advance(5000);
    const [node] = cable.nodes.values();
    let turns = 0;
    let state = node?.state;
    cable.frames.length = 0;
    for (let at = 0; at < 100_000; at++) {
      await cable.clock.advance(0.1);
      if (node?.state !== state) turns++;
      state = node?.state;
    }
    expect(turns / (cable.frames.length / 3)).toBeCloseTo(1, 1);
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

  test('may answer by a table that is renewed when they say so, exactly as if each packet asked', async () => {
    const [cable, holder] = await three();
    const other = holder === 'a' ? 'b' : 'a';
    const faults: Record<number, () => void> = {
      300: () => cable.pulled.add(other),
      1500: () => cable.pulled.delete(other),
      2000: () => cable.pulled.add(holder),
      4000: () => cable.pulled.delete(holder),
      6000: () => cable.nodes.get(cable.answerers()[0] ?? '')?.resign(x),
      7000: () => void cable.nodes.get(cable.answerers()[0] ?? '')?.stop(),
      8000: () => cable.nodes.forEach((node) => node.setAlone(true)),
    };
    for (let ms = 0; ms < 9000; ms++) {
      faults[ms]?.();
      await cable.clock.advance(1);
      const nowMs = cable.clock.nowMs();
      const byTable = [...cable.nodes.keys()].filter(
        (name) => nowMs < (cable.tables.get(name) ?? -Infinity),
      );
      expect(byTable, `${ms} ms`).toEqual(cable.answerers());
    }
  });

  test('hand over in one order: lost, the table, the frame that gives; and the successor starts in the turn that reads it', async () => {
    const [cable, holder] = await three();
    await cable.clock.advance(33);
    const seen: string[] = [];
    const framesBefore = cable.frames.length;
    cable.onCall = (call) =>
      seen.push(`${call}, ${cable.frames.length - framesBefore} frames on the cable`);
    cable.nodes.get(holder)?.resign(x);
    expect(seen).toEqual([
      `${holder} lost ${x}: given, 0 frames on the cable`,
      `${holder} renewed, 1 frames on the cable`,
    ]);
    expect(cable.answerers()).toEqual([]);
    const givenAtMs = cable.clock.nowMs();
    // A delivery and a turn, both without delay.
    await cable.clock.advance(0);
    const [successor = ''] = cable.answerers();
    expect(seen.filter((call) => call.startsWith(`${successor} gained ${x}`))).toHaveLength(1);
    expect(cable.clock.nowMs()).toBe(givenAtMs);
  });

  test('that resign from within a call of the election do so right after its turn', async () => {
    const cable = new Cable();
    const node = cable.node('a');
    cable.onCall = (call) => {
      if (call.startsWith('a gained')) node.resign(x);
    };
    node.stand(x);
    await cable.clock.advance(1500);
    expect(cable.calls).toEqual([`a gained ${x}`, `a record ${x} 1`, `a lost ${x}: given`]);
    expect(cable.tables.get('a')).toBe(-Infinity);
  });

  test('give to one that has listened, and rather to one that was just restarted: it is not restarted next', async () => {
    const [cable, holder] = await three();
    await cable.clock.advance(70_000);
    const [one = '', other = ''] = ['a', 'b', 'c'].filter((name) => name !== holder);
    await cable.nodes.get(one)?.stop();
    cable.node(one).stand(x);
    await cable.clock.advance(500);
    expect(cable.nodes.get(one)?.isReady).toBe(false);
    cable.nodes.get(holder)?.resign(x);
    await cable.clock.advance(10);
    expect(cable.answerers()).toEqual([other]);
    await cable.clock.advance(1000);
    expect(cable.nodes.get(one)?.isReady).toBe(true);
    cable.nodes.get(other)?.resign(x);
    cable.nodes.get(holder)?.stand(x);
    await cable.clock.advance(10);
    expect(cable.answerers()).toEqual([one]);
  });

  test('go on while their keys are changed, and refuse to have none', async () => {
    const [cable, holder] = await three();
    const next = new Uint8Array(32).fill(9);
    const calls = cable.calls.length;
    for (const keys of [[key, next], [next, key], [next]]) {
      for (const node of cable.nodes.values()) {
        node.setKeys(keys);
        await cable.clock.advance(500);
      }
    }
    expect(cable.answerers()).toEqual([holder]);
    expect(cable.calls).toHaveLength(calls);
    // Another who still has the old one alone is not heard.
    cable.nodes.get(holder)?.setKeys([key]);
    await cable.clock.advance(1000);
    expect(cable.answerers()).not.toEqual([holder]);
    expect(() => cable.nodes.get(holder)?.setKeys([])).toThrow(L2ElectionError);
    expect(() => cable.nodes.get(holder)?.setKeys([next.subarray(0, 8)])).toThrow('keys must be');
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

describe('a node with two interfaces on one segment', () => {
  const framesOf = (cable: Cable, name: string): number => {
    const [mac] = [...cable.macs].find(([, of]) => of === name) ?? [''];
    return cable.frames.filter((frame) => frame.subarray(6, 12).join() === mac).length;
  };

  test('takes part with the lower one, and the other says nothing', async () => {
    const cable = new Cable();
    for (const name of ['a', 'a2', 'b']) cable.node(name).stand(x);
    await cable.clock.advance(1500);
    expect(cable.answerers()).toHaveLength(1);
    expect(cable.answerers()).not.toContain('a2');
    expect(framesOf(cable, 'a2')).toBeLessThanOrEqual(2);
    expect(cable.nodes.get('b')?.state.peers.size).toBe(1);
  });

  test('hands what the second one holds to the others when the two meet, and takes part with it again when they part', async () => {
    const cable = new Cable();
    cable.pulled.add('a');
    cable.node('a');
    for (const name of ['a2', 'b']) cable.node(name).stand(x);
    await cable.clock.advance(3000);
    cable.nodes.get('b')?.resign(x);
    await cable.clock.advance(50);
    expect(cable.answerers()).toEqual(['a2']);
    cable.nodes.get('b')?.stand(x);
    cable.pulled.delete('a');
    await cable.clock.advance(1000);
    expect(cable.answerers()).toEqual(['b']);
    expect(cable.calls).toContain(`a2 lost ${x}: second-port`);
    cable.pulled.add('a');
    cable.pulled.add('b');
    await cable.clock.advance(4000);
    expect(cable.answerers()).toContain('a2');
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

test('our own records that the API gives back one by one wait for the next turn, and none is forgotten', async () => {
  const cable = new Cable();
  const node = cable.node('a');
  node.stand(x);
  await cable.clock.advance(3000);
  expect(cable.answerers()).toEqual(['a']);
  const before = node.state;
  node.recordSeen(x, before.addresses.get(x)?.term ?? 0, 'a');
  await cable.clock.advance(1);
  expect(node.state).toBe(before);
  await cable.clock.advance(before.timings.heartbeatMs);
  expect(node.state.addresses.get(x)?.record?.node).toBe(before.node);
  // What another owns cannot wait.
  node.recordSeen(x, 99, 'far');
  await cable.clock.advance(1);
  expect(cable.answerers()).toEqual([]);
});

test('what cannot be an address or a key is refused by name', () => {
  const cable = new Cable();
  expect(() => cable.node('a').stand('192.0.2.01')).toThrow('not an address in its canonical text');
  expect(() => cable.node('b', new Uint8Array(4))).toThrow(L2ElectionError);
});

test('a report reaches the others, but not another interface of its own machine, nor who has other keys', async () => {
  const cable = new Cable();
  const a = cable.node('a');
  cable.node('a2');
  cable.node('b');
  cable.node('c', new Uint8Array(32));
  const { node, boot, seq } = a.state;
  const holds = [{ address: x, term: 1 }];
  a.report({ node, boot, seq, holder: '0000000000000009', holds });
  await cable.clock.advance(10);
  expect(cable.calls).toEqual(['b heard of 1 unanswered of 0000000000000009']);
  await a.stop();
  const sent = cable.frames.length;
  a.report({ node, boot, seq, holder: '0000000000000009', holds });
  expect(cable.frames).toHaveLength(sent);
});

describe('a node whose link kept all frames before it began', () => {
  test('has listened for as long, and is ready so much sooner', async () => {
    const cable = new Cable();
    await cable.clock.advance(1000);
    const heardSinceMs = cable.clock.nowMs() - 300;
    const node = cable.node('a', key, { heardSinceMs });
    cable.node('b');
    await cable.clock.advance(wiredTimings.deadAfterMs - 301);
    expect(node.isReady).toBe(false);
    await cable.clock.advance(1);
    expect(node.isReady).toBe(true);
    expect(cable.nodes.get('b')?.isReady).toBe(false);
  });
});

describe('another process of the node', () => {
  /** `a` holds, and `b` and `c` hear it. */
  async function settled(): Promise<Cable> {
    const cable = new Cable();
    cable.node('a').stand(x);
    await cable.clock.advance(1500);
    for (const name of ['b', 'c']) cable.node(name).stand(x);
    await cable.clock.advance(2000);
    expect(cable.answerers()).toEqual(['a']);
    return cable;
  }

  function release(cable: Cable): ElectionState {
    const state = cable.nodes.get('a')?.release();
    if (state === undefined) throw new Error('no node');
    return state;
  }

  test('goes on where the first stopped: nobody else takes or loses anything, and all hear one boot', async () => {
    const cable = await settled();
    const before = cable.calls.length;
    const state = release(cable);
    expect(cable.answerers()).toEqual([]);
    const frames = cable.frames.length;
    await cable.clock.advance(50);
    cable.node('a', key, { inherited: state }).stand(x);
    await cable.clock.advance(0);
    expect(cable.answerers()).toEqual(['a']);
    await cable.clock.advance(3000);
    expect(cable.answerers()).toEqual(['a']);
    expect(cable.calls.slice(before)).toEqual([`a lost ${x}: passed-on`, `a gained ${x}`]);
    expect(cable.frames.length).toBeGreaterThan(frames + 55);
    const peer = cable.nodes.get('b')?.state.peers.get(state.node);
    expect(peer?.boot).toBe(state.boot);
  });

  test('holds nothing when it begins so late that others may hold it', async () => {
    const cable = await settled();
    const state = release(cable);
    await cable.clock.advance(1500);
    expect(cable.answerers()).toHaveLength(1);
    cable.node('a', key, { inherited: state }).stand(x);
    await cable.clock.advance(0);
    expect(cable.answerers()).not.toContain('a');
    await cable.clock.advance(3000);
    expect(cable.answerers()).toHaveLength(1);
  });

  test('gives away what it does not stand for', async () => {
    const cable = await settled();
    const state = release(cable);
    cable.node('a', key, { inherited: state }).resign(x);
    await cable.clock.advance(50);
    expect(cable.answerers()).toHaveLength(1);
    expect(cable.answerers()).not.toContain('a');
  });

  test('gets it from one that is neither in a turn nor told to stop, and that then says nothing', async () => {
    const cable = await settled();
    release(cable);
    const frames = cable.frames.length;
    expect(() => cable.nodes.get('a')?.stand(x)).not.toThrow();
    await cable.clock.advance(300);
    expect(cable.frames.slice(frames).filter((frame) => frame[11] === 1)).toEqual([]);
    const b = cable.nodes.get('b');
    void b?.stop();
    expect(() => b?.release()).toThrow('nothing can be released');
  });
});
