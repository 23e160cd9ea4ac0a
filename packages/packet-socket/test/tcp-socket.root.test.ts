import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  connectTcp,
  PacketSocketError,
  type TcpServerOptions,
  type TcpSocketOptions,
} from '../src/index.ts';
import { buildAddon, inLab, ip, uniqueName } from './seams/lab.ts';

const packageFolder = new URL('..', import.meta.url).pathname;

describe.skipIf(!inLab)('TCP between two namespaces', () => {
  const namespace = uniqueName('n');
  const ours = uniqueName('o');
  const theirs = uniqueName('t');
  const sockets: Socket[] = [];
  let listener: ChildProcess | undefined;

  beforeAll(() => {
    buildAddon();
    ip(`netns add ${namespace}`);
    ip(`link add ${ours} type veth peer name ${theirs} netns ${namespace}`);
    for (const address of ['192.0.2.1/24', '192.0.2.3/24', '2001:db8::1/64', 'fe80::1/64']) {
      ip(`address add ${address} dev ${ours} ${address.includes(':') ? 'nodad' : ''}`.trim());
    }
    for (const address of ['192.0.2.2/24', '2001:db8::2/64', 'fe80::2/64']) {
      const nodad = address.includes(':') ? ' nodad' : '';
      ip(`-netns ${namespace} address add ${address} dev ${theirs}${nodad}`);
    }
    ip(`link set ${ours} up`);
    ip(`-netns ${namespace} link set ${theirs} up`);
  });
  afterAll(() => {
    ip(`link delete ${ours}`);
    ip(`netns delete ${namespace}`);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    if (listener?.kill('SIGKILL') === true) await once(listener, 'exit');
  });

  /** Somebody listens in the other namespace; gives the port. */
  async function listen(
    options: Partial<TcpServerOptions> & { tuneMinTtl?: number },
  ): Promise<number> {
    const complete = JSON.stringify({ address: '192.0.2.2', port: 0, ...options });
    const node = [process.execPath, '--conditions=@picluster/source'];
    const words = [...node, `${packageFolder}test/programs/tcp-listener.ts`, complete];
    listener = spawn('ip', ['netns', 'exec', namespace, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = listener;
    if (stdout === null) throw new Error('no output');
    for await (const line of createInterface({ input: stdout })) return Number(line.split(' ')[1]);
    throw new Error('it does not listen');
  }

  function connect(port: number, options: Partial<TcpSocketOptions> = {}): Socket {
    const socket = openSocket(port, options);
    socket.write('who am I?');
    return socket;
  }

  function openSocket(port: number, options: Partial<TcpSocketOptions>): Socket {
    const socket = connectTcp({ address: '192.0.2.2', port, ...options });
    sockets.push(socket);
    return socket;
  }

  /** What the other side calls us, when it has heard us. */
  const answer = (socket: Socket): Promise<string> => text(socket);

  const anAddress = /^(192\.0\.2\.|2001:db8::)/m;

  /** The one that may not connect begins first, and has not by the time the other has been served. */
  async function onlySecond(bad: Socket, good: () => Socket): Promise<boolean> {
    let answered = false;
    bad.on('error', () => {});
    bad.on('data', (bytes) => (answered ||= anAddress.test(String(bytes))));
    expect(await answer(good())).toMatch(anAddress);
    return !answered;
  }

  test('a connection comes from the address that was asked for', async () => {
    const port = await listen({});
    expect(await answer(connect(port))).toBe('192.0.2.1\n');
    expect(await answer(connect(port, { source: '192.0.2.3' }))).toBe('192.0.2.3\n');
  });

  test('an address that is not ours cannot be asked for', () => {
    expect(() => connect(179, { source: '198.51.100.1' })).toThrow(
      expect.objectContaining({ code: 'address-not-available' }),
    );
  });

  test.each([
    ['IPv4', '192.0.2.2', '192.0.2.1'],
    ['IPv6', '2001:db8::2', '2001:db8::1'],
  ])('only who signs with the key is heard (%s, TCP MD5)', async (_, theirAddress, ourAddress) => {
    const keys = [{ address: ourAddress, password: 'a secret' }];
    const port = await listen({ address: theirAddress, keys });
    const to = { address: theirAddress };
    const good = () => connect(port, { ...to, password: 'a secret' });
    expect(await onlySecond(connect(port, { ...to, password: 'another' }), good)).toBe(true);
    expect(await onlySecond(connect(port, to), good)).toBe(true);
  });

  test('who signs is not heard where no key is expected', async () => {
    const port = await listen({});
    const good = () => connect(port);
    expect(await onlySecond(connect(port, { password: 'a secret' }), good)).toBe(true);
  });

  test.each([
    ['IPv4', '192.0.2.2'],
    ['IPv6', '2001:db8::2'],
  ])('what has come over a router is not heard (%s, TTL security)', async (_, address) => {
    const port = await listen({ address, minTtl: 255 });
    const good = () => connect(port, { address, ttl: 255 });
    expect(await onlySecond(connect(port, { address, ttl: 254 }), good)).toBe(true);
  });

  test('our side of a connection does not hear what has come over a router either', async () => {
    const port = await listen({ ttl: 254 });
    const good = () => connect(port, { minTtl: 254 });
    expect(await onlySecond(connect(port, { minTtl: 255 }), good)).toBe(true);
  });

  test('TTL security can be set for one accepted connection', async () => {
    const port = await listen({ tuneMinTtl: 255 });
    const speakWhenTuned = (ttl: number): Socket => {
      const socket = openSocket(port, { ttl });
      return socket.once('data', () => socket.write('who am I?'));
    };
    expect(await onlySecond(speakWhenTuned(254), () => speakWhenTuned(255))).toBe(true);
  });

  test('a connection bound to another interface does not come about', async () => {
    const other = uniqueName('d');
    ip(`link add ${other} type veth peer name ${other}p`);
    ip(`link set ${other}p up`);
    ip(`address add 203.0.113.1/24 dev ${other}`);
    ip(`link set ${other} up`);
    const port = await listen({});
    const good = () => connect(port, { device: ours });
    expect(await onlySecond(connect(port, { device: other }), good)).toBe(true);
    ip(`link delete ${other}`);
  });

  test('an interface that is not there has its own code', () => {
    expect(() => connect(179, { device: 'nowhere0' })).toThrow(PacketSocketError);
    expect(() => connect(179, { device: 'nowhere0' })).toThrow(
      expect.objectContaining({ code: 'no-such-interface' }),
    );
  });

  test('a link-local address is reached over its interface', async () => {
    const port = await listen({ address: `fe80::2%${theirs}` });
    expect(await answer(connect(port, { address: `fe80::2%${ours}` }))).toMatch(/^fe80:/);
  });
});
