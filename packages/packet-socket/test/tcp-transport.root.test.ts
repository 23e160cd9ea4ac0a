import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TcpAcceptor, TcpDialer, type TcpStream, type TcpStreamListener } from '../src/index.ts';
import { buildAddon, inLab, until } from './seams/lab.ts';

/** What a stream tells, in order. */
class Notes implements TcpStreamListener {
  readonly lines: string[] = [];
  bytes = 0;
  onConnected(): void {
    this.lines.push('connected');
  }
  onData(chunk: Uint8Array): void {
    this.bytes += chunk.length;
  }
  onDrain(): void {
    this.lines.push('drain');
  }
  onClosed(error?: string): void {
    this.lines.push(`closed ${error ?? ''}`.trim());
  }
}

describe.skipIf(!inLab)('a TCP stream', () => {
  let server: Server;
  let peer: Socket | undefined;
  let notes: Notes;
  let stream: TcpStream | undefined;

  beforeAll(buildAddon);
  beforeEach(async () => {
    notes = new Notes();
    peer = undefined;
    server = createServer((socket) => {
      peer = socket;
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    stream?.abort();
    peer?.destroy();
    await new Promise((resolve) => void server.close(resolve));
  });

  function dial(port = portOf(server)): TcpStream {
    stream = new TcpDialer({ address: '127.0.0.1', port }).dial(notes);
    return stream;
  }

  async function connected(): Promise<[TcpStream, Socket]> {
    const made = dial();
    await until(() => notes.lines.length > 0 && peer !== undefined);
    if (peer === undefined) throw new Error('nobody has connected');
    return [made, peer];
  }

  test('tells that it is connected, and from where to where', async () => {
    const [made] = await connected();
    expect(notes.lines).toEqual(['connected']);
    expect([made.localAddress, made.remoteAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('that nobody takes is closed, with the reason', async () => {
    const port = portOf(server);
    server.close();
    dial(port);
    await until(() => notes.lines.length > 0);
    expect(notes.lines).toEqual(['closed ECONNREFUSED']);
  });

  test('that cannot be had at all is closed later, with the reason', async () => {
    const options = { address: '127.0.0.1', port: 1, source: '203.0.113.77' };
    new TcpDialer(options).dial(notes);
    expect(notes.lines).toEqual([]);
    await until(() => notes.lines.length > 0);
    expect(notes.lines[0]).toContain('EADDRNOTAVAIL');
  });

  test('is closed by the other end, without a reason', async () => {
    const [, theirs] = await connected();
    theirs.resume().end();
    await until(() => notes.lines.length > 1);
    expect(notes.lines).toEqual(['connected', 'closed']);
  });

  test('is reset by the other end, which is a reason', async () => {
    const [, theirs] = await connected();
    theirs.resetAndDestroy();
    await until(() => notes.lines.length > 1);
    expect(notes.lines).toEqual(['connected', 'closed ECONNRESET']);
  });

  test('that is full says so, and later that there is room', async () => {
    const [made, theirs] = await connected();
    theirs.pause();
    let sent = 0;
    for (let flowing = true; flowing; sent++) flowing = made.send(new Uint8Array(65_536));
    expect(notes.lines).toEqual(['connected']);
    theirs.resume();
    await until(() => notes.lines.includes('drain'));
    expect(sent).toBeGreaterThan(0);
  });

  test('that is flooded lets all else have its turn between two pieces', async () => {
    let turn = 0;
    let isOver = false;
    const next = (): void => {
      turn++;
      if (!isOver) setImmediate(next);
    };
    next();
    const turns: number[] = [];
    notes.onData = (chunk) => {
      notes.bytes += chunk.length;
      if (chunk.length >= 32_768) turns.push(turn);
    };
    const [, theirs] = await connected();
    const bytes = 8 * 1024 * 1024;
    theirs.write(new Uint8Array(bytes));
    await until(() => notes.bytes === bytes);
    isOver = true;
    expect(turns.length).toBeGreaterThan(10);
    expect(new Set(turns).size).toBe(turns.length);
  });

  test('that we close tells nothing more, and the other end hears our last words', async () => {
    const [made, theirs] = await connected();
    const heard: Buffer[] = [];
    theirs.on('data', (chunk: Buffer) => void heard.push(chunk));
    theirs.write('something that is never read');
    made.send(Buffer.from('the last word'));
    made.close();
    await once(theirs, 'close');
    expect([Buffer.concat(heard).toString(), notes.lines]).toEqual([
      'the last word',
      ['connected'],
    ]);
  });

  test('that we close does not wait for ever for a peer that takes nothing', async () => {
    const [made, theirs] = await connected();
    theirs.pause();
    while (made.send(new Uint8Array(65_536))) notes.bytes += 0;
    made.close();
    const error = once(theirs, 'error');
    await until(() => made.localAddress === undefined);
    theirs.resume();
    await Promise.race([error, once(theirs, 'close')]);
    expect(notes.lines).toEqual(['connected']);
  });

  test('that is given up while it is dialed tells nothing', async () => {
    dial().close();
    await connected();
    expect(notes.lines).toEqual(['connected']);
  });

  test('that comes in delivers what came before anybody listened', async () => {
    const streams: TcpStream[] = [];
    await using acceptor = new TcpAcceptor({ address: '127.0.0.1', port: 0 }, (incoming) => {
      streams.push(incoming);
    });
    const theirs = connect(acceptor.port, '127.0.0.1');
    theirs.on('error', () => {});
    theirs.write('hello');
    await until(() => streams.length > 0);
    streams[0]?.listen(notes);
    await until(() => notes.bytes === 5);
    theirs.destroy();
    await until(() => notes.lines.length > 0);
    expect(notes.lines).toEqual(['closed']);
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
