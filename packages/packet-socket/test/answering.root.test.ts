import { Responder, SAME_CONFLICT_MS, respond } from '@picluster/arp-responder';
import { seedFromEnvironment, seededRandom, type Random } from '@picluster/testkit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ETHERTYPE, KEEP, PacketSocket, openLinkSocket, readInterface } from '../src/index.ts';
import { systemTimer } from '../src/seams/system-timer.ts';
import { arpReply, arpRequest, hex, ipv4 } from './frames.ts';
import { Cable, Peer, buildAddon, inLab, ip, turn, until } from './seams/lab.ts';

const OURS = ipv4('192.0.2.10');
const OURS_TOO = ipv4('192.0.2.11');
const ENDED = ipv4('192.0.2.12');
const CLOCK = {
  nowMs: (): number => performance.now(),
  timer: (): Disposable => ({ [Symbol.dispose]: () => {} }),
};

const ASKER = hex('020000000099');

/** How many answers to the asker of `arpRequest` a machine heard for an address; announcements go to all. */
function repliesFor(peer: Peer, address: Uint8Array): number {
  const starts = (frame: Uint8Array, at: number, wanted: Uint8Array): boolean =>
    wanted.every((byte, offset) => frame[at + offset] === byte);
  return peer.received.filter((frame) => starts(frame, 0, ASKER) && starts(frame, 28, address))
    .length;
}

describe.skipIf(!inLab)('answering without asking JavaScript', () => {
  let cable: Cable;
  let peer: Peer;
  beforeAll(buildAddon);
  beforeEach(async () => {
    cable = new Cable();
    await cable.connected();
    peer = new Peer(cable.theirs, [ETHERTYPE.ARP]);
  });
  afterEach(() => {
    peer[Symbol.dispose]();
    cable[Symbol.dispose]();
  });

  test('C decides as `respond` does and writes the same bytes, for golden, mutated and arbitrary frames', async () => {
    const seed = seedFromEnvironment(1);
    const random = seededRandom(seed);
    const mac = readInterface(cable.ours)?.mac ?? new Uint8Array(6);
    const granted = new Set([OURS, OURS_TOO].map(String));
    const expected: Uint8Array[] = [];
    const wrong: string[] = [];
    let heard = 0;
    using socket = PacketSocket.open(
      { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter: [KEEP] },
      {
        onFrame: (frame, answered) => {
          heard++;
          const reply = respond(frame, mac, {
            check: (_, at) =>
              granted.has(String(frame.slice(at, at + 4))) ? 'granted' : 'not-owned',
          });
          if (typeof reply !== 'string') expected.push(reply);
          if (answered === (typeof reply === 'string'))
            wrong.push(Buffer.from(frame).toString('hex'));
        },
        onError: () => {},
      },
    );
    socket.answerFrom(
      mac,
      tableOf([
        [OURS, Infinity],
        [ENDED, socket.nowMs()],
        [OURS_TOO, socket.nowMs() + 3_600_000],
      ]),
    );
    const frames = 10_000;
    for (let sent = 1; sent <= frames; sent++) {
      peer.send(anyFrame(random, mac));
      // No more than the sockets' memory can hold.
      if (sent % 50 === 0 || sent === frames) await until(() => heard === sent, 'all frames');
    }
    await until(() => peer.received.length >= expected.length, 'all replies');
    expect(wrong, `seed ${seed}`).toEqual([]);
    expect(peer.received).toEqual(expected);
    // Of both kinds there were many: a test that always says no proves nothing.
    expect(expected.length).toBeGreaterThan(frames / 10);
    expect(expected.length).toBeLessThan((frames * 9) / 10);
  });

  test('after disown no answer leaves, not even for a question that waits in the kernel', async () => {
    const counts: string[] = [];
    const metrics = {
      requestReceived: () => {},
      replySent: (address: string) => void counts.push(`replied ${address}`),
      announcementSent: () => {},
      dropped: (reason: string) => void counts.push(`dropped ${reason}`),
    };
    using responder = new Responder({
      link: openLinkSocket({ interfaceName: cable.ours }),
      clock: CLOCK,
      metrics,
    });
    responder.start();
    for (const address of [OURS, OURS_TOO]) responder.own(address, Infinity);
    peer.send(arpRequest(OURS));
    await until(() => repliesFor(peer, OURS) === 1, 'the first answer');
    for (let count = 0; count < 20; count++) peer.send(arpRequest(OURS));
    responder.disown(OURS);
    peer.send(arpRequest(OURS_TOO));
    await until(() => repliesFor(peer, OURS_TOO) === 1, 'the answer for the other address');
    expect(repliesFor(peer, OURS)).toBe(1);
    await until(() => counts.length === 22, 'all counts');
    expect(counts.filter((one) => one === 'dropped not-owned')).toHaveLength(20);
    expect(counts.at(-1)).toBe('replied 192.0.2.11');
  });

  test('an interface with another hardware address answers with that one', async () => {
    using link = openLinkSocket({ interfaceName: cable.ours });
    using responder = new Responder({ link, clock: CLOCK });
    responder.start();
    responder.own(OURS, Infinity);
    cable.setLink('down');
    await until(() => !link.up, 'down');
    ip(`link set ${cable.ours} address 02:00:00:00:12:34`);
    cable.setLink('up');
    await until(() => link.up, 'up');
    peer.received.length = 0;
    await until(() => {
      peer.send(arpRequest(OURS));
      return peer.received.some((frame) =>
        Buffer.from(frame).includes('c000020a020000000099', 'hex'),
      );
    }, 'an answer');
    const macs = peer.received.map((frame) => Buffer.from(frame.subarray(6, 12)).toString('hex'));
    expect([...new Set(macs)]).toEqual(['020000001234']);
  });

  test('a process that was frozen when its right ended is silent when it wakes', async () => {
    const program = new URL('programs/answering.ts', import.meta.url).pathname;
    const words = ['--conditions=@picluster/source', program, cable.ours];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      child.kill('SIGSTOP');
      const frozenMs = performance.now();
      await until(() => performance.now() > frozenMs + 400, 'the end of the right');
      peer.received.length = 0;
      for (const address of [OURS, OURS_TOO]) peer.send(arpRequest(address));
      await turn();
      expect(peer.received).toEqual([]);
      child.kill('SIGCONT');
      await until(() => repliesFor(peer, OURS_TOO) > 0, 'the answer whose right runs');
      for (let count = 0; count < 20; count++) await turn();
      expect(repliesFor(peer, OURS)).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('an address that a foreign machine has is left to it, in C as in JavaScript', async () => {
    const told: string[] = [];
    using link = openLinkSocket({ interfaceName: cable.ours });
    const conflicts = {
      isOurs: () => false,
      conflict: (address: string, mac: string, yielded: boolean) =>
        void told.push(`${mac} has ${address}${yielded ? ', yielded' : ''}`),
      cleared: () => {},
    };
    const clock = { nowMs: () => link.nowMs(), timer: systemTimer };
    using responder = new Responder({ link, clock, conflicts });
    responder.start();
    for (const address of [OURS, OURS_TOO]) responder.own(address, Infinity);
    peer.send(arpRequest(OURS));
    await until(() => repliesFor(peer, OURS) === 1, 'the first answer');
    peer.send(arpReply(OURS));
    await until(() => told.length === 1, 'the defence');
    const secondMs = clock.nowMs() + SAME_CONFLICT_MS;
    await until(() => clock.nowMs() > secondMs, 'another conflict');
    for (const frame of [arpReply(OURS), arpRequest(OURS_TOO)]) peer.send(frame);
    await until(() => repliesFor(peer, OURS_TOO) === 1, 'the answer for the other address');
    expect(told).toEqual([
      '02:00:00:00:00:99 has 192.0.2.10',
      '02:00:00:00:00:99 has 192.0.2.10, yielded',
    ]);
    for (const frame of [arpRequest(OURS), arpRequest(OURS_TOO)]) peer.send(frame);
    await until(() => repliesFor(peer, OURS_TOO) === 2, 'one more');
    expect(repliesFor(peer, OURS)).toBe(1);
  });

  test('a table whose memory was given away answers nothing', async () => {
    let answers: boolean[] = [];
    const mac = readInterface(cable.ours)?.mac ?? new Uint8Array(6);
    using socket = PacketSocket.open(
      { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter: [KEEP] },
      { onFrame: (_, answered) => void answers.push(answered), onError: () => {} },
    );
    const table = tableOf([[OURS, Infinity]]);
    socket.answerFrom(mac, table);
    peer.send(arpRequest(OURS));
    await until(() => answers.length === 1, 'the first frame');
    const { buffer } = table;
    structuredClone(buffer, { transfer: [buffer] });
    peer.send(arpRequest(OURS));
    await until(() => answers.length === 2, 'the second frame');
    expect(answers).toEqual([true, false]);
    expect(() => socket.answerFrom(mac, new Uint8Array(13))).toThrow(TypeError);
    expect(() => socket.answerFrom(new Uint8Array(5), tableOf([]))).toThrow(TypeError);
  });
});

function tableOf(
  rights: readonly (readonly [address: Uint8Array, endMs: number])[],
): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(rights.length * 12);
  const endsMs = new Float64Array(table.buffer, 0, rights.length);
  for (const [slot, [address, endMs]] of rights.entries()) {
    endsMs[slot] = endMs;
    table.set(address, rights.length * 8 + slot * 4);
  }
  return table;
}

/** Mostly a request for one of our addresses, with up to three bytes changed or some bytes more or less; sometimes anything. */
function anyFrame(random: Random, mac: Uint8Array): Uint8Array {
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(...among: T[]): T => among[upTo(among.length)] as T;
  if (random() < 0.05) {
    const frame = Uint8Array.from({ length: 14 + upTo(60) + 1 }, () => upTo(256));
    frame.set([0x08, 0x06], 12);
    return frame;
  }
  const golden = arpRequest(pick(OURS, OURS, OURS_TOO, ENDED, ipv4('192.0.2.13')));
  golden.set(
    pick(hex('ffffffffffff'), hex('ffffffffffff'), mac, hex('01005e000001'), hex('020000000077')),
  );
  golden.set(
    pick(hex('020000000099'), hex('020000000099'), mac, hex('030000000099'), hex('000000000000')),
    6,
  );
  golden.set(pick(hex('c0000263'), hex('00000000'), OURS), 28);
  const frame = Uint8Array.from(
    { length: golden.length + pick(0, 0, 0, 18, -1, -20, 1000) },
    (_, at) => golden[at] ?? upTo(256),
  );
  for (let changes = pick(0, 0, 0, 1, 3); changes > 0; changes--) {
    const at = upTo(frame.length);
    // Another type would go to another socket.
    if (at !== 12 && at !== 13) frame[at] = pick(upTo(256), (frame[at] ?? 0) ^ (1 << upTo(8)));
  }
  return frame;
}
