import { once } from 'node:events';
import type { Socket } from 'node:dgram';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BFD_PORT, BfdReceiver, BfdSender, openUdp, PacketSocketError } from '../src/index.ts';
import { buildAddon, inLab, until } from './seams/lab.ts';

describe.skipIf(!inLab)('UDP', () => {
  const sockets: Socket[] = [];
  beforeAll(buildAddon);
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  const open = (options: Parameters<typeof openUdp>[0]): Socket => {
    const socket = openUdp(options);
    sockets.push(socket);
    return socket;
  };

  test.each([
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ])('that has come over too many routers is not heard (%s)', async (_, address) => {
    const receiver = open({ address, port: 0, minTtl: 254 });
    const { port } = receiver.address();
    const heard: string[] = [];
    receiver.on('message', (bytes) => void heard.push(bytes.toString()));
    for (const ttl of [64, 253, 254, 255]) {
      open({ address, port: 0, ttl }).send(`with ${ttl}`, port, address);
    }
    await until(() => heard.includes('with 255') && heard.length >= 2);
    expect(heard.toSorted()).toEqual(['with 254', 'with 255']);
  });

  test('comes from the address and port that were asked for', async () => {
    const receiver = open({ address: '127.0.0.1', port: 0 });
    const sender = open({ address: '127.0.0.2', port: 0 });
    sender.send('hello', receiver.address().port, '127.0.0.1');
    const [, from] = (await once(receiver, 'message')) as [
      Buffer,
      { address: string; port: number },
    ];
    expect(from).toMatchObject({ address: '127.0.0.2', port: sender.address().port });
  });

  test('on a port that is taken is refused by its code', () => {
    const { port } = open({ address: '127.0.0.1', port: 0 }).address();
    expect(() => open({ address: '127.0.0.1', port })).toThrow(
      expect.objectContaining({ code: 'address-in-use' }),
    );
  });

  test('of BFD passes between neighbours, from a port of its range, and not over a router', async () => {
    const heard: string[] = [];
    using receiver = new BfdReceiver({ address: '127.0.0.1' }, (bytes, from) => {
      heard.push(`${Buffer.from(bytes).toString()} from ${from}`);
    });
    expect(receiver).toBeDefined();
    const far = open({ address: '127.0.0.3', port: 0, ttl: 254 });
    far.send('far', BFD_PORT.SINGLE_HOP, '127.0.0.1');
    using first = new BfdSender({ from: '127.0.0.2', to: '127.0.0.1' }, () => 0.5);
    // The port that it draws is taken now.
    using second = new BfdSender({ from: '127.0.0.2', to: '127.0.0.1' }, () => 0.5);
    first.send(Buffer.from('one'));
    second.send(Buffer.from('two'));
    await until(() => heard.length === 2);
    second[Symbol.dispose]();
    second.send(Buffer.from('too late'));
    expect(heard.toSorted()).toEqual(['one from 127.0.0.2', 'two from 127.0.0.2']);
  });

  test('of BFD from an address that is not ours is refused', () => {
    const options = { from: '203.0.113.77', to: '127.0.0.1' };
    expect(() => new BfdSender(options, () => 0)).toThrow(PacketSocketError);
  });
});
