import { SimClock, SimLan, type SimPort } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Responder, announcement, decodeClaim, probe } from '../src/index.ts';
import { OUR_MAC, hex, ip } from './frames.ts';

const FIRST_MAC = hex('020000000002');
const SECOND_MAC = hex('020000000003');
const WAIT_MS = 250;

let clock: SimClock;
let lan: SimLan;
let port: SimPort;
let responder: Responder;

beforeEach(() => {
  clock = new SimClock();
  lan = new SimLan({ clock }, { delayMs: 1 });
  port = lan.attach('eth0', OUR_MAC);
  responder = new Responder({ link: port, clock });
  responder.start();
});

/** A machine that owns and answers for the address, without minding others. */
async function machine(mac: Uint8Array, address: string): Promise<void> {
  const other = new Responder({ link: lan.attach('eth0', mac), clock });
  other.start();
  other.own(address, Infinity);
  await clock.advance(10_000);
}

async function whoHas(address: string): Promise<readonly string[] | undefined> {
  const outcomes: (readonly string[] | undefined)[] = [];
  responder.whoHas(address, WAIT_MS, (macs) => void outcomes.push(macs));
  await clock.advance(WAIT_MS);
  expect(outcomes).toHaveLength(1);
  return outcomes[0];
}

describe.each(['192.0.2.10', 'fc00:f853:ccd:e799::1'])('who has %s', (address) => {
  test('is asked once, without claiming it, and told after the wait', async () => {
    const observer = lan.observe(SECOND_MAC);
    expect(await whoHas(address)).toEqual([]);
    const claims = observer.received.map((frame) => decodeClaim(frame));
    expect(claims).toMatchObject([{ tentative: true }]);
  });

  test('is every machine that answers, each once', async () => {
    await machine(FIRST_MAC, address);
    await machine(SECOND_MAC, address);
    expect(await whoHas(address)).toEqual(['02:00:00:00:00:02', '02:00:00:00:00:03']);
  });

  test('is who announces it meanwhile too, and nobody who only asks', async () => {
    const other = lan.observe(FIRST_MAC);
    const asking = whoHas(address);
    other.send(probe(ip(address), SECOND_MAC));
    for (const frame of announcement(ip(address), FIRST_MAC)) other.send(frame);
    expect(await asking).toEqual(['02:00:00:00:00:02']);
  });

  test('changes what is listened for once where it was stood by for in the same moment', async () => {
    let changes = 0;
    const watch = port.watch.bind(port);
    port.watch = (addresses) => {
      changes++;
      watch(addresses);
    };
    responder.standBy(address);
    expect(await whoHas(address)).toEqual([]);
    expect(changes).toBe(1);
  });

  test('does not change what is listened for where it is stood by for', async () => {
    responder.standBy(address);
    await clock.advance(1);
    let changes = 0;
    const watch = port.watch.bind(port);
    port.watch = (addresses) => {
      changes++;
      watch(addresses);
    };
    await machine(FIRST_MAC, address);
    expect(await whoHas(address)).toEqual(['02:00:00:00:00:02']);
    expect(changes).toBe(0);
    // It is listened for until the end of the question, whatever else ends.
    const asking = whoHas(address);
    responder.standDown(address);
    expect(await asking).toEqual(['02:00:00:00:00:02']);
    changes = 0;
    // Also when it is listened for because it was asked for, it is so once.
    expect(await whoHas(address)).toEqual(['02:00:00:00:00:02']);
    expect(changes).toBe(1);
  });
});

test('on a link that is down it is not known, and nothing is told to who no longer waits', async () => {
  port.setLink('down');
  expect(await whoHas('192.0.2.10')).toBeUndefined();
  let told = 0;
  responder.whoHas('192.0.2.10', WAIT_MS, () => void told++)[Symbol.dispose]();
  responder.whoHas('192.0.2.10', WAIT_MS, () => void told++);
  responder.close();
  await clock.advance(1000);
  expect(told).toBe(0);
  expect(clock.pending).toBe(0);
});

test('two who ask for one address at once both hear', async () => {
  await machine(FIRST_MAC, '192.0.2.10');
  const both = [whoHas('192.0.2.10'), whoHas('192.0.2.10')];
  expect(await Promise.all(both)).toEqual([['02:00:00:00:00:02'], ['02:00:00:00:00:02']]);
});
