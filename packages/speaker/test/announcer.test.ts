import { formatAddress } from '@picluster/arp-responder';
import { SimClock, SimLan, type SimObserver, type SimPort } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Announcer, REOPEN_MS } from '../src/announcer.ts';

const V4 = '192.0.2.10';
const forever = (): number => Infinity;
const metrics = {
  requestReceived: () => {},
  replySent: () => {},
  announcementSent: () => {},
  dropped: () => {},
};

let clock: SimClock;
let log: string[];
let opened: Map<string, SimPort>;
let peers: Map<string, SimObserver>;
let broken: Set<string>;
let announcer: Announcer;
let readyAgain: number;
let lan: SimLan;

beforeEach(() => {
  clock = new SimClock();
  log = [];
  opened = new Map();
  peers = new Map();
  broken = new Set();
  readyAgain = 0;
  const lans = new Map(['eth0', 'eth1'].map((name) => [name, new SimLan({ clock })]));
  lan = lans.get('eth0') ?? new SimLan({ clock });
  for (const [name, one] of lans) peers.set(name, one.observe(Uint8Array.of(2, 0, 0, 0, 0, 0x99)));
  announcer = new Announcer({
    openLink: (name) => {
      const found = lans.get(name);
      if (found === undefined || broken.has(name)) throw new Error('refused');
      const port = found.attach(name, Uint8Array.of(2, 0, 0, 0, 0, 1));
      opened.set(name, port);
      return port;
    },
    clock,
    metrics,
    log: { info: (message) => void log.push(message), warn: (message) => void log.push(message) },
    onReady: () => void readyAgain++,
  });
});

/** The interfaces on which "who has 192.0.2.10?" is answered. */
async function answeredOn(): Promise<string[]> {
  const heard: string[] = [];
  for (const [name, peer] of peers) {
    peer.received.length = 0;
    peer.send(
      Uint8Array.from(
        Buffer.from(
          'ffffffffffff02000000009908060001080006040001020000000099c0000263000000000000c000020a',
          'hex',
        ),
      ),
    );
    await clock.advance(1);
    const reply = peer.received.find((frame) => frame[21] === 2 && frame[0] === 2);
    if (reply !== undefined && formatAddress(reply.subarray(28, 32)) === V4) heard.push(name);
  }
  return heard;
}

describe('the announcer', () => {
  test('answers on the interfaces of an address, and on no other', async () => {
    announcer.own(V4, 'eth1', forever);
    expect(await answeredOn()).toEqual(['eth1']);
    expect([...opened.keys()]).toEqual(['eth1']);
  });

  test('announces an address when it comes, and again and again only where it is told to', async () => {
    const announcedIn = async (ms: number): Promise<number> => {
      const peer = peers.get('eth0');
      if (peer !== undefined) peer.received.length = 0;
      await clock.advance(ms);
      // Each time as a question and as an answer.
      return (peer?.received.length ?? 0) / 2;
    };
    announcer.own(V4, 'eth0', forever);
    expect(await announcedIn(10_000)).toBe(5);
    expect(await announcedIn(600_000)).toBe(0);
    announcer.disown(V4, 'eth0');

    const again = new Announcer({
      openLink: () => lan.attach('again', Uint8Array.of(2, 0, 0, 0, 0, 2)),
      clock,
      metrics,
      log: { info: () => {}, warn: () => {} },
      announceRefreshMs: 60_000,
      onReady: () => {},
    });
    again.own(V4, 'eth0', forever);
    expect(await announcedIn(10_000)).toBe(5);
    expect(await announcedIn(600_000)).toBe(10);
  });

  test('asks first for an address that is fresh, where somebody looks after conflicts', async () => {
    announcer = new Announcer({
      openLink: () => lan.attach('eth0', Uint8Array.of(2, 0, 0, 0, 0, 1)),
      clock,
      metrics,
      log: { info: () => {}, warn: () => {} },
      conflicts: () => ({ isOurs: () => false, conflict: () => {}, cleared: () => {} }),
      onReady: () => {},
    });
    announcer.own(V4, 'eth0', forever, true);
    expect(await answeredOn()).toEqual([]);
    await clock.advance(300);
    expect(await answeredOn()).toEqual(['eth0']);
  });

  test('gives an address up on one interface and goes on on the other', async () => {
    announcer.own(V4, 'eth0', forever);
    announcer.own(V4, 'eth1', forever);
    announcer.disown(V4, 'eth1');
    announcer.disown('192.0.2.99', 'eth0');
    expect(await answeredOn()).toEqual(['eth0']);
  });

  test('knows where an address is held, also where the interface cannot be opened', () => {
    broken.add('eth1');
    announcer.own(V4, 'eth0', forever);
    announcer.own(V4, 'eth1', forever, true);
    expect(announcer.heldOn(V4)).toEqual(['eth0', 'eth1']);
    announcer.disown(V4, 'eth0');
    expect([announcer.heldOn(V4), announcer.heldOn('192.0.2.11')]).toEqual([['eth1'], []]);
  });

  test('answers on an interface that is opened anew for what is held there', async () => {
    announcer.own(V4, 'eth0', forever);
    announcer.retain([]);
    expect(await answeredOn()).toEqual([]);
    announcer.ready('eth0');
    expect(await answeredOn()).toEqual(['eth0']);
  });

  test('a right that was cut short counts after a refresh', async () => {
    let untilMs = 1000;
    announcer.own(V4, 'eth0', () => untilMs);
    announcer.refresh('eth0', untilMs);
    announcer.refresh('eth1', untilMs);
    expect(await answeredOn()).toEqual(['eth0']);
    untilMs = 0;
    announcer.refresh('eth0', untilMs);
    expect(await answeredOn()).toEqual([]);
  });

  test('is silent at once after the address was disowned, and when its right has ended', async () => {
    let untilMs = 1000;
    announcer.own(V4, 'eth0', () => untilMs);
    expect(await answeredOn()).toEqual(['eth0']);
    await clock.advance(1000);
    expect(await answeredOn()).toEqual([]);
    untilMs = 5000;
    expect(await answeredOn()).toEqual(['eth0']);
    announcer.disown(V4, 'eth0');
    expect(await answeredOn()).toEqual([]);
  });

  test('opens an interface once, when it is first asked whether it is ready', () => {
    expect(announcer.ready('eth0')).toBe(true);
    const first = opened.get('eth0');
    expect(announcer.ready('eth0')).toBe(true);
    expect(opened.get('eth0')).toBe(first);
  });

  test('says what it cannot open, tries again, and answers there as soon as it can', async () => {
    broken.add('eth0');
    expect(announcer.ready('eth0')).toBe(false);
    announcer.own(V4, 'eth0', forever);
    expect(announcer.problem()).toBe('no socket on eth0: refused');
    await clock.advance(REOPEN_MS * 3);
    expect(log.filter((line) => line === 'interface not opened')).toHaveLength(1);
    broken.clear();
    await clock.advance(REOPEN_MS);
    expect(readyAgain).toBe(1);
    expect(announcer.problem()).toBeUndefined();
    expect(await answeredOn()).toEqual(['eth0']);
  });

  test('has a problem while the link of an open interface is down', () => {
    announcer.own(V4, 'eth0', forever);
    expect(announcer.problem()).toBeUndefined();
    opened.get('eth0')?.setLink('down');
    expect(announcer.problem()).toBe('eth0 is down');
  });

  test('closes the interfaces that are not retained, and forgets their failures', () => {
    announcer.own(V4, 'eth0', forever);
    announcer.own(V4, 'eth1', forever);
    broken.add('eth2');
    announcer.ready('eth2');
    announcer.retain(['eth0']);
    expect(opened.get('eth0')?.up).toBe(true);
    expect(opened.get('eth1')?.up).toBe(false);
    expect(announcer.problem()).toBeUndefined();
  });

  test('leaves no timer and no open interface when it is closed', async () => {
    announcer.own(V4, 'eth0', forever);
    announcer.ready('eth7');
    announcer.close();
    await clock.advance(0);
    expect(clock.pending).toBe(0);
    expect(opened.get('eth0')?.up).toBe(false);
  });
});
