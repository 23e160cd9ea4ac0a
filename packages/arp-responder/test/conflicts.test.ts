import { SimClock, SimLan, type SimObserver, type SimPort } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ANNOUNCE_REFRESH_MS,
  Responder,
  announcement,
  decodeClaim,
  formatAddress,
  probe,
  type ProbeOutcome,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, ip, solicitation, toHex } from './frames.ts';

const V4 = '192.0.2.10';
const V6 = 'fc00:f853:ccd:e799::1';
/** A speaker of ours, as the responder under test is told. */
const PEER_MAC = hex('020000000002');
const PEER = '02:00:00:00:00:02';
/** A machine that nobody knows. */
const FOREIGN_MAC = hex('020000000066');
const FOREIGN = '02:00:00:00:00:66';

let clock: SimClock;
let lan: SimLan;
let port: SimPort;
let asker: SimObserver;
let told: string[];
let responder: Responder;

function start(announceRefreshMs?: number): Responder {
  const conflicts = {
    isOurs: (mac: string) => mac === PEER,
    conflict: (address: string, mac: string, yielded: boolean) =>
      void told.push(`${mac} has ${address}${yielded ? ', yielded' : ''}`),
    cleared: (address: string) => void told.push(`${address} is free`),
  };
  const options = announceRefreshMs === undefined ? {} : { announceRefreshMs };
  const made = new Responder({ link: port, clock, conflicts }, options);
  made.start();
  return made;
}

beforeEach(() => {
  clock = new SimClock();
  lan = new SimLan({ clock });
  port = lan.attach('eth0', OUR_MAC);
  asker = lan.observe(ASKER_MAC);
  told = [];
  responder = start();
});

/** A machine that has `address` and answers for it, over a responder of its own that minds nobody. */
function machine(mac: Uint8Array, address: string): Responder {
  const other = new Responder({ link: lan.attach('eth0', mac), clock });
  other.start();
  other.own(address, Infinity);
  return other;
}

async function answers(address: string): Promise<boolean> {
  asker.received.length = 0;
  asker.send(address.includes(':') ? solicitation(address) : arpRequest(address));
  await clock.advance(1);
  return asker.received.some(
    (frame) => toHex(frame.subarray(0, 12)) === `${toHex(ASKER_MAC)}${toHex(OUR_MAC)}`,
  );
}

/** What our machine told everybody while `ms` passed, and what it asked for, with a `?`: address by time. */
async function heardFor(ms: number): Promise<string[]> {
  const heard: string[] = [];
  const startMs = clock.nowMs();
  asker.received.length = 0;
  for (let step = 0; step < ms; step += 50) {
    await clock.advance(50);
    for (const frame of asker.received.splice(0)) {
      const claim = decodeClaim(frame);
      const toAll = ((frame[0] ?? 0) & 1) === 1;
      if (!toAll || typeof claim === 'string' || toHex(frame.subarray(6, 12)) !== toHex(OUR_MAC))
        continue;
      const at = clock.nowMs() - startMs;
      heard.push(`${at} ${formatAddress(claim.address)}${claim.tentative ? '?' : ''}`);
    }
  }
  return heard;
}

describe.each([V4, V6])('a fresh address, %s', (address) => {
  test('is asked for three times in 0.3 s, silently, and answered for and announced after that', async () => {
    responder.own(address, Infinity, { fresh: true });
    expect(await answers(address)).toBe(false);
    const heard = await heardFor(500);
    expect(heard.filter((one) => one.endsWith('?'))).toHaveLength(2);
    expect(heard.find((one) => !one.endsWith('?'))).toMatch(/^(300|350) /);
    expect(await answers(address)).toBe(true);
    expect(told).toEqual([]);
  });

  test('that a foreign machine has is left to it and named, and announced when that is gone', async () => {
    const other = machine(FOREIGN_MAC, address);
    await clock.advance(10_000);
    responder.own(address, Infinity, { fresh: true });
    await clock.advance(1000);
    expect(told).toEqual([`${FOREIGN} has ${address}, yielded`]);
    expect(responder.contested()).toEqual(new Map([[address, FOREIGN]]));
    expect(await answers(address)).toBe(false);
    expect((await heardFor(120_000)).every((one) => one.endsWith('?'))).toBe(true);
    expect(told).toHaveLength(1);
    other.close();
    const heard = await heardFor(31_000);
    expect(heard.some((one) => !one.endsWith('?'))).toBe(true);
    expect(told.at(-1)).toBe(`${address} is free`);
    expect(responder.contested().size).toBe(0);
    expect(await answers(address)).toBe(true);
  });

  test('that another speaker of ours has is no conflict', async () => {
    machine(PEER_MAC, address);
    responder.own(address, Infinity, { fresh: true });
    await clock.advance(1000);
    expect(told).toEqual([]);
    expect(await answers(address)).toBe(true);
  });

  test('for which a foreign machine probes at the same time is left to it', async () => {
    responder.own(address, Infinity, { fresh: true });
    const other = lan.observe(FOREIGN_MAC);
    other.send(probe(ip(address), FOREIGN_MAC));
    await clock.advance(10);
    expect(told).toEqual([`${FOREIGN} has ${address}, yielded`]);
  });

  test('is asked for again after the link was down in the middle', async () => {
    responder.own(address, Infinity, { fresh: true });
    await clock.advance(250);
    port.setLink('down');
    await clock.advance(5000);
    machine(FOREIGN_MAC, address);
    port.setLink('up');
    await clock.advance(1000);
    expect(told).toEqual([`${FOREIGN} has ${address}, yielded`]);
  });
});

describe.each([V4, V6])('an address that is held, %s', (address) => {
  beforeEach(async () => {
    responder.own(address, Infinity);
    await clock.advance(10_000);
  });

  /** A round of announcements of another machine. */
  async function claimedBy(mac: Uint8Array): Promise<string[]> {
    const other = lan.observe(mac);
    for (const frame of announcement(ip(address), mac)) other.send(frame);
    const heard = await heardFor(100);
    other.port.close();
    return heard.filter((one) => !one.endsWith('?'));
  }

  test('is defended with one round against a foreign machine, which is named', async () => {
    expect(await claimedBy(FOREIGN_MAC)).toHaveLength(address === V4 ? 2 : 1);
    expect(told).toEqual([`${FOREIGN} has ${address}`]);
    expect(await answers(address)).toBe(true);
  });

  test('is left to a machine that goes on after that; nothing is answered or announced until it is gone', async () => {
    await claimedBy(FOREIGN_MAC);
    await clock.advance(2000);
    expect(await claimedBy(FOREIGN_MAC)).toEqual([]);
    expect(told.at(-1)).toBe(`${FOREIGN} has ${address}, yielded`);
    expect(await answers(address)).toBe(false);
    responder.own(address, Infinity);
    responder.announce(address);
    port.setLink('down');
    port.setLink('up');
    expect(await answers(address)).toBe(false);
    await clock.advance(60_000);
    expect(told.at(-1)).toBe(`${address} is free`);
    expect(await answers(address)).toBe(true);
  });

  test('against another speaker of ours nothing is done', async () => {
    expect(await claimedBy(PEER_MAC)).toEqual([]);
    expect(told).toEqual([]);
  });

  test('our own frames, brought back by a loop, are no conflict', async () => {
    const loop = lan.observe(FOREIGN_MAC);
    for (const frame of announcement(ip(address), OUR_MAC)) loop.send(frame);
    await clock.advance(100);
    expect(told).toEqual([]);
  });

  test('whose right has ended may be another’s', async () => {
    responder.extend(address, clock.nowMs());
    await claimedBy(FOREIGN_MAC);
    expect(told).toEqual([]);
  });

  test('that was given up is nobody’s business', async () => {
    await claimedBy(FOREIGN_MAC);
    responder.disown(address);
    await claimedBy(FOREIGN_MAC);
    expect(told).toHaveLength(1);
    expect(responder.contested().size).toBe(0);
  });
});

describe('asking who has an address that is not ours', () => {
  async function outcomeOf(address: string): Promise<ProbeOutcome | undefined> {
    let outcome: ProbeOutcome | undefined;
    responder.probe(address, (now) => void (outcome = now));
    await clock.advance(1000);
    return outcome;
  }

  test.each([V4, V6])(
    'tells whether nobody, one of ours, or a foreign machine answers: %s',
    async (address) => {
      expect(await outcomeOf(address)).toEqual({ kind: 'clear' });
      const peer = machine(PEER_MAC, address);
      await clock.advance(10_000);
      expect(await outcomeOf(address)).toEqual({ kind: 'ours', mac: PEER });
      peer.close();
      machine(FOREIGN_MAC, address);
      await clock.advance(10_000);
      expect(await outcomeOf(address)).toEqual({ kind: 'foreign', mac: FOREIGN });
      expect(told).toEqual([]);
      expect(responder.addresses()).toEqual([]);
    },
  );

  test('a foreign machine is told at once, the end of an empty search after 0.3 s', async () => {
    machine(FOREIGN_MAC, V4);
    await clock.advance(10_000);
    const outcomes: string[] = [];
    for (const address of [V4, '192.0.2.11']) {
      responder.probe(address, ({ kind }) => void outcomes.push(`${address} ${kind}`));
    }
    await clock.advance(10);
    expect(outcomes).toEqual([`${V4} foreign`]);
    await clock.advance(289);
    expect(outcomes).toHaveLength(1);
    await clock.advance(1);
    expect(outcomes).toEqual([`${V4} foreign`, '192.0.2.11 clear']);
    expect(clock.pending).toBe(0);
  });

  test('who only asks for it, as we do, does not have it', async () => {
    const other = lan.observe(FOREIGN_MAC);
    other.send(probe(ip(V4), FOREIGN_MAC));
    expect(await outcomeOf(V4)).toEqual({ kind: 'clear' });
  });

  test('on a link that is down nothing was asked', async () => {
    port.setLink('down');
    expect(await outcomeOf(V4)).toEqual({ kind: 'unasked' });
  });

  test('ended before its end it tells nothing and leaves no timer', async () => {
    const outcomes: ProbeOutcome[] = [];
    responder.probe(V4, (outcome) => void outcomes.push(outcome))[Symbol.dispose]();
    responder.probe(V4, (outcome) => void outcomes.push(outcome));
    responder.close();
    await clock.advance(1000);
    expect(outcomes).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('asking the same addresses in turns changes the watched set once, and not for ever', async () => {
    const watched: number[] = [];
    const watch = port.watch.bind(port);
    port.watch = (addresses) => {
      watched.push(addresses.claims?.length ?? 0);
      watch(addresses);
    };
    for (let round = 0; round < 10; round++) {
      for (const address of [V4, V6]) await outcomeOf(address);
      await clock.advance(8000);
    }
    expect(watched).toEqual([1, 2]);
    await clock.advance(600_000);
    responder.own('192.0.2.20', Infinity);
    expect(watched.at(-1)).toBe(0);
  });
});

test('without anybody who says which machines are ours there are no conflicts, and nothing is fresh', async () => {
  const plain = new Responder({ link: lan.attach('eth1', hex('020000000003')), clock });
  plain.start();
  machine(FOREIGN_MAC, V4);
  plain.own(V4, Infinity, { fresh: true });
  await clock.advance(20_000);
  asker.received.length = 0;
  asker.send(arpRequest(V4));
  await clock.advance(1);
  const answering = asker.received.map((frame) => toHex(frame.subarray(6, 12)));
  expect(answering.toSorted()).toEqual(['020000000003', toHex(FOREIGN_MAC)]);
});

test('an address is announced again and again where that is wanted, but not while another machine has it', async () => {
  responder.close();
  port = lan.attach('eth0', OUR_MAC);
  responder = start(ANNOUNCE_REFRESH_MS);
  responder.own(V4, Infinity);
  await clock.advance(5000);
  expect(await heardFor(ANNOUNCE_REFRESH_MS)).toHaveLength(2);
  machine(FOREIGN_MAC, V4);
  await clock.advance(10_000);
  const heard = await heardFor(3 * ANNOUNCE_REFRESH_MS);
  expect(heard.filter((one) => !one.endsWith('?'))).toEqual([]);
  responder.close();
});

test('what is announced anew on demand begins its rounds again', async () => {
  responder.own(V4, Infinity);
  await clock.advance(10_000);
  responder.announce(V4);
  responder.announce('192.0.2.99');
  expect(await heardFor(10_000)).toHaveLength(10);
});
