import { type ClientRequestArgs, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';

/**
 * A connection through an HTTP proxy: CONNECT (RFC 9110 §9.3.6), with the user and password of the proxy's URL. Rejects where the proxy is not reached within
 * the limit, or refuses.
 */
export function openTunnel(
  proxy: string,
  { host, port }: Pick<ClientRequestArgs, 'host' | 'port'>,
  limitMs: number,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const url = new URL(proxy);
  const to = `${host?.includes(':') === true ? `[${host}]` : host}:${port}`;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const asked = request({
    agent: false,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    method: 'CONNECT',
    path: to,
    headers: { host: to, ...authorization(url) },
    timeout: limitMs,
  });
  asked.on('error', reject);
  asked.on('timeout', () =>
    asked.destroy(new Error(`no answer of the proxy within ${limitMs} ms`)),
  );
  asked.on('connect', ({ statusCode = 0 }, socket) => {
    if (statusCode >= 200 && statusCode < 300) {
      resolve(socket.setTimeout(0));
    } else {
      socket.destroy();
      reject(new Error(`the proxy answered ${statusCode}`));
    }
  });
  asked.end();
  return promise;
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}
