import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ETHERTYPE,
  KEEP,
  PacketSocket,
  PacketSocketError,
  arpFilter,
  requireField,
  type BpfProgram,
} from '../src/index.ts';
import { arpRequest, ipv4, tagged } from './frames.ts';
import { Cable, Peer, buildAddon, inLab, turn, uniqueName, until } from './seams/lab.ts';

const OURS = ipv4('192.0.2.10');
const OTHER = ipv4('192.0.2.11');
const FOREIGN = ipv4('198.51.100.1');
/** Keeps all ARP of this interface, whatever the kernel thinks of it. */
const EVERY_ARP: BpfProgram = [...requireField(2, 12, ETHERTYPE.ARP), KEEP];

/** So many frames are one batch. */
const SLOTS = 16;

describe.skipIf(!inLab)('PacketSocket on a veth pair', () => {
  let cable: Cable;
  let peer: Peer;
  let frames: Uint8Array[];
  let errors: PacketSocketError[];
  let socket: PacketSocket;

  beforeAll(buildAddon);
  beforeEach(async () => {
    cable = new Cable();
    await cable.connected();
    peer = new Peer(cable.theirs, [ETHERTYPE.ARP]);
    frames = [];
    errors = [];
  });
  afterEach(() => {
    socket.close();
    peer[Symbol.dispose]();
    cable[Symbol.dispose]();
  });

  function open(filter: BpfProgram): PacketSocket {
    socket = PacketSocket.open(
      { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter },
      {
        onFrame: (frame) => void frames.push(Uint8Array.from(frame)),
        onError: (error) => void errors.push(error),
      },
    );
    return socket;
  }

  /** Everything sent before has been delivered once this frame, which the filter must let through, has come. */
  async function fence(target: Uint8Array): Promise<void> {
    const before = frames.length;
    peer.send(arpRequest(target));
    await until(() => frames.length > before, 'the last frame');
  }

  test('unrelated broadcasts do not wake the process', async () => {
    open(arpFilter([OURS]));
    for (let count = 0; count < 2000; count++) peer.send(arpRequest(FOREIGN));
    await fence(OURS);
    expect(frames).toEqual([arpRequest(OURS)]);
    expect(socket.stats()).toEqual({ wakeups: 1, frames: 1, dropped: 0, oversized: 0 });
  });

  test('what waits can be had at once, without the event loop', () => {
    open([KEEP]);
    for (let count = 0; count < 50; count++) peer.send(arpRequest(FOREIGN));
    const lateMs = socket.nowMs() + 5000;
    let isEmpty = false;
    while (frames.length < 50 && socket.nowMs() < lateMs) isEmpty = socket.readAll();
    expect([frames.length, isEmpty, socket.stats().wakeups]).toEqual([50, true, 0]);
    socket.close();
    expect(socket.readAll()).toBe(false);
  });

  test('what comes while it is held wakes it once, together, and not before', async () => {
    open([KEEP]);
    const fromMs = socket.nowMs();
    socket.hold(50);
    for (let count = 0; count < 10; count++) {
      peer.send(arpRequest(FOREIGN));
      await turn();
    }
    await until(() => frames.length === 10, '10 frames');
    expect(socket.nowMs() - fromMs).toBeGreaterThan(45);
    expect(socket.stats().wakeups).toBe(1);
    peer.send(arpRequest(OURS));
    await until(() => frames.length === 11, 'a frame after the hold');
  });

  test('a dated socket says for how long a frame had waited; one that is not says nothing of it', async () => {
    let waitedMs = NaN;
    const listener = {
      onFrame: (_frame: Uint8Array, _answered: boolean, ms: number) => void (waitedMs = ms),
      onError: (error: PacketSocketError) => void errors.push(error),
    };
    const waitOf = async (): Promise<number> => {
      const sentMs = socket.nowMs();
      peer.send(arpRequest(FOREIGN));
      await until(() => socket.nowMs() - sentMs > 50, 'some time');
      const goneMs = socket.nowMs() - sentMs;
      socket.readAll();
      expect(waitedMs).toBeLessThan(goneMs + 5);
      return waitedMs;
    };
    const options = { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter: [KEEP] };
    socket = PacketSocket.open({ ...options, dated: true }, listener);
    socket.hold(60_000);
    // The kernel begins to date frames a moment after it was asked to.
    const lateMs = socket.nowMs() + 5000;
    while ((await waitOf()) === 0 && socket.nowMs() < lateMs);
    expect(await waitOf()).toBeGreaterThan(40);
    socket.close();
    socket = PacketSocket.open(options, listener);
    socket.hold(60_000);
    expect(await waitOf()).toBe(0);
  });

  test('what waits can be had while it is held; held again, it begins anew; closed, it ends', async () => {
    open([KEEP]);
    socket.hold(60_000);
    peer.send(arpRequest(FOREIGN));
    const lateMs = socket.nowMs() + 5000;
    while (frames.length < 1 && socket.nowMs() < lateMs) socket.readAll();
    expect(frames).toHaveLength(1);
    socket.hold(1);
    peer.send(arpRequest(OURS));
    await until(() => frames.length === 2, 'a frame after the second hold');
    socket.hold(60_000);
    socket.close();
    socket.hold(1);
  });

  test('without the filter the same broadcasts do wake it', async () => {
    open([KEEP]);
    for (let count = 0; count < 50; count++) peer.send(arpRequest(FOREIGN));
    await until(() => frames.length === 50, '50 frames');
    expect(socket.stats().wakeups).toBeGreaterThan(0);
  });

  test('a burst is delivered with fewer wake-ups than it has batches', async () => {
    open([KEEP]);
    for (let count = 0; count < 200; count++) peer.send(arpRequest(FOREIGN));
    await until(() => frames.length === 200, '200 frames');
    expect(socket.stats().wakeups).toBeLessThan(200 / SLOTS);
  });

  test('the filter is in force before the first frame can come: opened in a storm it hears none of it', async () => {
    const storm = (): void => {
      for (let count = 0; count < 20; count++) peer.send(arpRequest(FOREIGN));
    };
    for (let round = 0; round < 50; round++) {
      storm();
      open(arpFilter([OURS]));
      storm();
      await turn();
      expect(socket.stats().wakeups).toBe(0);
      socket.close();
    }
  });

  test('another filter takes effect at once; what the old one let through still comes', async () => {
    open(arpFilter([OURS]));
    peer.send(arpRequest(OURS));
    socket.setFilter(arpFilter([OTHER]));
    await fence(OTHER);
    peer.send(arpRequest(OURS));
    await fence(OTHER);
    expect(frames).toEqual([arpRequest(OURS), arpRequest(OTHER), arpRequest(OTHER)]);
  });

  test('a filter that the kernel refuses is an error with its number, and the old one stays', async () => {
    open(arpFilter([OURS]));
    const endless: BpfProgram = [{ code: 0x05, jt: 0, jf: 0, k: 1000 }];
    expect(() => socket.setFilter(endless)).toThrow(
      expect.objectContaining({ code: 'system', errnoName: 'EINVAL', syscall: 'setsockopt' }),
    );
    peer.send(arpRequest(FOREIGN));
    await fence(OURS);
    expect(frames).toEqual([arpRequest(OURS)]);
  });

  test('a frame of a foreign VLAN is refused in the kernel; without that test it would look like one of ours', async () => {
    using careless = new Peer(cable.ours, [ETHERTYPE.ARP], EVERY_ARP);
    open(arpFilter([OURS]));
    peer.send(tagged(arpRequest(OURS), 7));
    await until(() => careless.received.length === 1, 'the frame at the careless socket');
    expect(careless.received).toEqual([arpRequest(OURS)]);
    expect(socket.stats().wakeups).toBe(0);
    await fence(OURS);
    expect(frames).toHaveLength(1);
  });

  test('frames for another machine are refused although the interface is promiscuous', async () => {
    open(arpFilter([OURS]));
    const forAnother = arpRequest(OURS);
    forAnother.set([2, 0, 0, 0, 0, 0x77]);
    peer.send(forAnother);
    await fence(OURS);
    expect(frames).toEqual([arpRequest(OURS)]);
  });

  test('it hears again after the link was down and up, and says that it was', async () => {
    open(arpFilter([OURS]));
    for (let round = 1; round <= 20; round++) {
      cable.setLink('down');
      await until(() => errors.length === round, 'the error');
      cable.setLink('up');
      await until(() => {
        peer.send(arpRequest(OURS));
        return frames.length >= round;
      }, 'a frame');
      frames.length = round;
    }
    expect(errors[0]).toMatchObject({
      code: 'interface-down',
      errnoName: 'ENETDOWN',
      interfaceName: cable.ours,
    });
  });

  test('it sends any EtherType, and does not hear itself', async () => {
    using other = new Peer(cable.theirs, [0x88b5]);
    open([KEEP]);
    const strange = arpRequest(OURS);
    strange.set([0x88, 0xb5], 12);
    expect(socket.send(strange)).toBe('sent');
    expect(socket.send(arpRequest(OURS))).toBe('sent');
    await until(() => other.received.length === 1 && peer.received.length === 1, 'both frames');
    expect(other.received).toEqual([strange]);
    await fence(OTHER);
    expect(frames).toEqual([arpRequest(OTHER)]);
  });

  test('sending says what became of the frame', () => {
    open([KEEP]);
    const tooLong = new Uint8Array(20_000);
    expect(socket.send(tooLong)).toBe('failed');
    cable.setLink('down');
    expect(socket.send(arpRequest(OURS))).toBe('down');
    cable.remove();
    expect(socket.send(arpRequest(OURS))).toBe('gone');
    socket.close();
    expect(socket.send(arpRequest(OURS))).toBe('gone');
    expect(() => socket.send(new Uint8Array(3))).toThrow(TypeError);
  });

  test('closed in the middle of a batch it delivers no more', async () => {
    let heard = 0;
    socket = PacketSocket.open(
      { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter: [KEEP] },
      {
        onFrame: () => {
          heard++;
          socket.close();
        },
        onError: (error) => void errors.push(error),
      },
    );
    for (let count = 0; count < 10; count++) peer.send(arpRequest(OURS));
    await until(() => heard > 0, 'a frame');
    for (let count = 0; count < 5; count++) await turn();
    expect(heard).toBe(1);
    expect(errors).toEqual([]);
  });

  test('frames that nobody reads in time are counted as dropped', async () => {
    open([KEEP]);
    for (let count = 0; count < 3000; count++) peer.send(arpRequest(OURS));
    const { dropped } = socket.stats();
    expect(dropped).toBeGreaterThan(0);
    await until(() => frames.length === 3000 - dropped, 'the rest');
    expect(socket.stats().dropped).toBe(dropped);
  });

  test('when a listener gives the memory of a frame away the socket closes with an error and nothing crashes', async () => {
    let moved: ArrayBuffer | undefined;
    socket = PacketSocket.open(
      { interfaceName: cable.ours, etherType: ETHERTYPE.ARP, filter: [KEEP] },
      {
        onFrame: (frame) => {
          const { buffer } = frame as Uint8Array<ArrayBuffer>;
          moved = structuredClone(buffer, { transfer: [buffer] });
        },
        onError: (error) => void errors.push(error),
      },
    );
    peer.send(arpRequest(OURS));
    await until(() => moved !== undefined, 'the first frame');
    peer.send(arpRequest(OURS));
    await until(() => errors.length > 0, 'the error');
    expect(errors).toMatchObject([{ code: 'system', errnoName: 'EFAULT' }]);
    expect(socket.send(arpRequest(OURS))).toBe('gone');
  });

  test('an interface that does not exist is an error with a code and the number', () => {
    open([KEEP]);
    const interfaceName = uniqueName('n');
    const listener = { onFrame: () => {}, onError: () => {} };
    const options = { interfaceName, etherType: ETHERTYPE.ARP, filter: [KEEP] };
    const wanted = { code: 'no-such-interface', errnoName: 'ENODEV', interfaceName };
    expect(() => PacketSocket.open(options, listener)).toThrow(
      expect.objectContaining({ ...wanted, syscall: 'ioctl' }),
    );
    const interfaceIndex = 999_999;
    expect(() => PacketSocket.open({ ...options, interfaceIndex }, listener)).toThrow(
      expect.objectContaining({ ...wanted, syscall: 'bind' }),
    );
    expect(() => PacketSocket.open({ ...options, etherType: 5 }, listener)).toThrow(RangeError);
  });
});
