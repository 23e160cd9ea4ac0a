import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { connect, type KubeClient } from '@picluster/kube';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { json, selfSigned, TlsServer } from './tls-server.ts';

/** A proxy that makes tunnels, and notes for whom and where to. */
class Proxy implements AsyncDisposable {
  readonly tunnels: { readonly to: string; readonly user: string | undefined }[] = [];
  /** What it answers instead of making one. */
  refusal = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer().on('connect', ({ url = '', headers }, client) => {
      this.tunnels.push({ to: url, user: headers['proxy-authorization'] });
      if (this.refusal !== '') {
        client.end(`HTTP/1.1 ${this.refusal}\r\n\r\n`);
        return;
      }
      const { hostname, port } = new URL(`http://${url}`);
      const upstream = connectTcp(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [upstream, client as Socket]) {
        this.#sockets.add(socket);
        socket.on('error', () => upstream.destroy());
      }
    });
  }

  static async start(): Promise<Proxy> {
    const proxy = new Proxy();
    await new Promise<void>((resolve) => void proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  url(user = ''): string {
    return `http://${user}127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => void this.#server.close(resolve));
  }
}

let server: TlsServer;
let proxy: Proxy;
let client: KubeClient;

beforeEach(async () => {
  server = await TlsServer.start(await selfSigned());
  server.handler = ({ url }, response) => json(response, { url });
  proxy = await Proxy.start();
});

afterEach(async () => {
  await client.close();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function open(user?: string): Promise<void> {
  const kubeconfig = await server.kubeconfig({}, { 'proxy-url': proxy.url(user) });
  client = connect({ kubeconfig, userAgent: 'test' });
}

test('requests share one tunnel to the server, and TLS is spoken with the server itself', async () => {
  await open();
  await client.request({ method: 'GET', path: '/one' });
  expect(await client.request({ method: 'GET', path: '/two' })).toEqual({ url: '/two' });
  expect(proxy.tunnels).toEqual([{ to: `127.0.0.1:${server.port}`, user: undefined }]);
  expect(server.connections).toBe(1);
});

test('the user and password of its URL go to the proxy, decoded', async () => {
  await open('me:p%40ss@');
  await client.request({ method: 'GET', path: '/' });
  const [tunnel] = proxy.tunnels;
  expect(tunnel?.user).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
});

test('a proxy that refuses is an error of the network, and says what it answered', async () => {
  await open();
  proxy.refusal = '407 Proxy Authentication Required';
  await expect(client.request({ method: 'GET', path: '/' })).rejects.toMatchObject({
    code: 'network',
    message: 'the proxy answered 407',
  });
  proxy.refusal = '';
  expect(await client.request({ method: 'GET', path: '/' })).toEqual({ url: '/' });
});

test('a proxy that nobody runs is an error of the network', async () => {
  await open();
  await proxy[Symbol.asyncDispose]();
  proxy = await Proxy.start();
  await expect(client.request({ method: 'GET', path: '/' })).rejects.toMatchObject({
    code: 'network',
  });
});
