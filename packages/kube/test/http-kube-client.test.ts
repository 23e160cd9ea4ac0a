import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  connect,
  type KubeClient,
  KubeError,
  type KubeErrorCode,
  type KubeRequest,
} from '@picluster/kube';
import { SimClock } from '@picluster/testkit';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { json, selfSigned, TlsServer } from './tls-server.ts';

const get: KubeRequest = { method: 'GET', path: '/api/v1/nodes' };

describe('connect', () => {
  let certificate: { cert: string; key: string };
  let server: TlsServer;
  const clients: KubeClient[] = [];

  beforeAll(async () => {
    certificate = await selfSigned();
  });

  beforeEach(async () => {
    server = await TlsServer.start(certificate);
    server.handler = (request, response) =>
      json(response, { authorization: request.headers.authorization, url: request.url });
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
  });

  function open(
    kubeconfig: string,
    options: Partial<Parameters<typeof connect>[0]> = {},
  ): KubeClient {
    const client = connect({ kubeconfig, userAgent: 'kube-test/1', ...options });
    clients.push(client);
    return client;
  }

  it('makes one TLS connection for 100 requests in a row', async () => {
    const client = open(await server.kubeconfig({ token: 'secret' }));
    for (let i = 0; i < 100; i++) {
      expect(await client.request(get)).toMatchObject({ authorization: 'Bearer secret' });
    }
    expect(server.connections).toBe(1);
  });

  it('sends query, JSON body, content type and user agent below the path of the server', async () => {
    let heard: unknown;
    server.handler = (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const { 'content-type': type, 'user-agent': agent, accept } = request.headers;
        heard = { method: request.method, url: request.url, type, agent, accept, body };
        json(response, {});
      });
    };
    const client = open(await server.kubeconfig({}, {}, '/k8s/clusters/c1/'));
    await client.request({
      method: 'PATCH',
      path: '/api/v1/nodes/n1',
      query: { dryRun: 'All', force: true, nothing: undefined },
      body: { ü: 1 },
    });
    expect(heard).toEqual({
      method: 'PATCH',
      url: '/k8s/clusters/c1/api/v1/nodes/n1?dryRun=All&force=true',
      type: 'application/merge-patch+json',
      agent: 'kube-test/1',
      accept: 'application/json',
      body: '{"ü":1}',
    });
  });

  it('sends the body of a DELETE whole, and the next request on the connection is unharmed', async () => {
    const heard: string[] = [];
    server.handler = (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        heard.push(`${request.method} ${body}`);
        json(response, {});
      });
    };
    const client = open(await server.kubeconfig());
    const path = '/api/v1/nodes/n1';
    await client.request({ method: 'DELETE', path, body: { preconditions: { uid: 'ü' } } });
    await client.request({ method: 'PATCH', path, body: { a: 1 } });
    expect(heard).toEqual(['DELETE {"preconditions":{"uid":"ü"}}', 'PATCH {"a":1}']);
    expect(server.connections).toBe(1);
  });

  describe('gives a code to every refusal', () => {
    const refusals: [number, string, KubeErrorCode][] = [
      [400, 'BadRequest', 'bad-request'],
      [401, 'Unauthorized', 'unauthorized'],
      [403, 'Forbidden', 'forbidden'],
      [404, 'NotFound', 'not-found'],
      [409, 'Conflict', 'conflict'],
      [409, 'AlreadyExists', 'already-exists'],
      [410, 'Expired', 'gone'],
      [422, 'Invalid', 'invalid'],
      [429, 'TooManyRequests', 'too-many-requests'],
      [500, 'InternalError', 'server'],
      [503, 'ServiceUnavailable', 'server'],
      [302, 'Found', 'server'],
    ];
    it.each(refusals)('%i %s → %s', async (status, reason, code) => {
      server.handler = (_, response) =>
        json(response, { kind: 'Status', reason, message: `because ${reason}` }, status, {
          'retry-after': '7',
        });
      const client = open(await server.kubeconfig());
      const error = await client.request(get).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(KubeError);
      expect(error).toMatchObject({
        code,
        status,
        reason,
        message: `because ${reason}`,
        retryAfterMs: 7000,
        request: 'GET /api/v1/nodes',
      });
    });

    it('and takes the delay from the Status where there is no header', async () => {
      server.handler = (_, response) => json(response, { details: { retryAfterSeconds: 3 } }, 429);
      const client = open(await server.kubeconfig());
      await expect(client.request(get)).rejects.toMatchObject({ retryAfterMs: 3000 });
    });

    it('also where a proxy answers in HTML', async () => {
      server.handler = (_, response) =>
        void response.writeHead(502).end('<html>bad gateway</html>');
      const client = open(await server.kubeconfig());
      await expect(client.request(get)).rejects.toMatchObject({
        code: 'server',
        status: 502,
        message: 'the server answered 502',
      });
    });

    it('and where a good answer is not JSON', async () => {
      server.handler = (_, response) => void response.writeHead(200).end('<html>log in</html>');
      const client = open(await server.kubeconfig());
      await expect(client.request(get)).rejects.toMatchObject({
        code: 'server',
        message: 'the answer is not JSON',
      });
    });
  });

  describe('gives a code to every silence', () => {
    it('network: a connection reset before, or in the middle of, the answer', async () => {
      server.handler = (request) => void request.socket.destroy();
      const client = open(await server.kubeconfig());
      await expect(client.request(get)).rejects.toMatchObject({ code: 'network' });
      server.handler = (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"items":[', () => request.socket.destroy());
      };
      await expect(client.request(get)).rejects.toMatchObject({ code: 'network' });
    });

    it('network: nobody listens, and the client works again once someone does', async () => {
      const client = open(await server.kubeconfig());
      await server.stop();
      await expect(client.request(get)).rejects.toMatchObject({ code: 'network' });
      await server.listen(certificate);
      await expect(client.request(get)).resolves.toMatchObject({ url: '/api/v1/nodes' });
    });

    it('network: a certificate of somebody else; once ours is on disk, it works', async () => {
      const other = await selfSigned();
      const client = open(await server.kubeconfig());
      await server.write('ca.crt', other.cert);
      await expect(client.request(get)).rejects.toMatchObject({ code: 'network' });
      await server.write('ca.crt', certificate.cert);
      await expect(client.request(get)).resolves.toMatchObject({ url: '/api/v1/nodes' });
    });

    it('timeout: no answer; the next request trusts no connection that was open then', async () => {
      const clock = new SimClock();
      const held: (() => void)[] = [];
      server.handler = (_, response) => {
        held.push(() => json(response, {}));
        if (held.length === 2) for (const answer of held) answer();
      };
      const client = open(await server.kubeconfig(), { clock });
      await Promise.all([client.request(get), client.request(get)]);
      const asked = Promise.withResolvers<void>();
      server.handler = () => asked.resolve();
      const hanging = client.request({ ...get, timeoutMs: 5000 });
      await asked.promise;
      const old = new Set(server.sockets);
      expect(old.size, 'the one that hangs, and idle ones').toBeGreaterThan(1);
      await clock.advance(5000);
      await expect(hanging).rejects.toMatchObject({ code: 'timeout' });
      let reused: boolean | undefined;
      server.handler = (request, response) => {
        reused = old.has(request.socket);
        json(response, {});
      };
      await client.request(get);
      expect(reused).toBe(false);
      expect(clock.pending).toBe(0);
    });

    it('timeout: the answer stalls in its middle', async () => {
      const clock = new SimClock();
      const begun = Promise.withResolvers<void>();
      server.handler = (_, response) => {
        response.writeHead(200);
        response.write('{"items":', () => begun.resolve());
      };
      const client = open(await server.kubeconfig(), { clock, requestTimeoutMs: 1000 });
      const hanging = client.request(get);
      await begun.promise;
      await clock.advance(1000);
      await expect(hanging).rejects.toMatchObject({ code: 'timeout' });
    });

    it('aborted: by onlyIf, which is asked once there is a connection, and others are not hurt', async () => {
      const asked: string[] = [];
      server.handler = (request, response) => {
        asked.push(request.method ?? '');
        json(response, { items: [] });
      };
      const client = open(await server.kubeconfig());
      const patch = { method: 'PATCH', path: '/api/v1/nodes/n1', body: {} } as const;
      const refused = client.request({ ...patch, onlyIf: () => false });
      await expect(refused).rejects.toMatchObject({
        code: 'aborted',
        request: 'PATCH /api/v1/nodes/n1',
      });
      await client.request(get);
      await client.request({ ...patch, onlyIf: () => true });
      expect(asked).toEqual(['GET', 'PATCH']);
      await server.stop();
      let looks = 0;
      const unsent = open(await server.kubeconfig()).request({
        ...patch,
        onlyIf: () => ++looks > 0,
      });
      await expect(unsent).rejects.toMatchObject({ code: 'network' });
      expect(looks, 'there was no connection').toBe(0);
    });

    it('aborted: by the signal of the caller, or by close', async () => {
      const client = open(await server.kubeconfig());
      const stop = new AbortController();
      let asked = 0;
      server.handler = () => {
        if (++asked === 1) stop.abort();
        else void client.close();
      };
      await expect(client.request({ ...get, signal: stop.signal })).rejects.toMatchObject({
        code: 'aborted',
      });
      await expect(client.request({ ...get, signal: stop.signal })).rejects.toMatchObject({
        code: 'aborted',
      });
      expect(asked, 'an aborted signal sends nothing').toBe(1);
      await expect(client.request(get)).rejects.toMatchObject({ code: 'aborted' });
      expect(asked).toBe(2);
    });
  });

  describe('streams', () => {
    it('chunks as they come, however long it takes, and ends with the server', async () => {
      const clock = new SimClock();
      server.handler = (_, response) => {
        response.writeHead(200);
        response.write('one\n');
      };
      const client = open(await server.kubeconfig(), { clock, requestTimeoutMs: 1000 });
      const stop = new AbortController();
      const stream = await client.stream({ path: '/w', signal: stop.signal });
      await clock.advance(3_600_000);
      const heard: string[] = [];
      const reading = (async () => {
        for await (const chunk of stream) {
          heard.push(Buffer.from(chunk).toString());
          if (heard.length === 1) for (const socket of server.sockets) socket.destroy();
        }
      })();
      await expect(reading).rejects.toMatchObject({ code: 'network' });
      expect(heard).toEqual(['one\n']);
    });

    it('until its signal aborts, and frees the connection', async () => {
      const gone = Promise.withResolvers<void>();
      server.handler = (_, response) => {
        response.on('close', () => gone.resolve());
        response.writeHead(200);
        response.write('one\n');
      };
      const client = open(await server.kubeconfig());
      const stop = new AbortController();
      const stream = await client.stream({ path: '/w', signal: stop.signal });
      const reading = (async () => {
        for await (const _ of stream) stop.abort();
      })();
      await expect(reading).rejects.toMatchObject({ code: 'aborted' });
      await gone.promise;
    });

    it('frees the connection also where the reader has enough', async () => {
      const gone = Promise.withResolvers<void>();
      server.handler = (_, response) => {
        response.on('close', () => gone.resolve());
        response.writeHead(200);
        response.write('one\n');
      };
      const client = open(await server.kubeconfig());
      const stream = await client.stream({ path: '/w', signal: new AbortController().signal });
      for await (const _ of stream) break;
      await expect(gone.promise).resolves.toBeUndefined();
    });

    it('throws the refusal where the server refuses', async () => {
      server.handler = (_, response) => json(response, { reason: 'Expired' }, 410);
      const client = open(await server.kubeconfig());
      const opening = client.stream({ path: '/w', signal: new AbortController().signal });
      await expect(opening).rejects.toMatchObject({ code: 'gone', status: 410 });
    });
  });

  describe('keeps its credentials fresh', () => {
    /** Accepts one token, whichever the test names. */
    function accepting(token: () => string): string[] {
      const seen: string[] = [];
      server.handler = (request, response) => {
        const given = String(request.headers.authorization);
        seen.push(given);
        if (given === `Bearer ${token()}`) json(response, { ok: true });
        else json(response, { reason: 'Unauthorized' }, 401);
      };
      return seen;
    }

    it('a rotated token file is read again on a 401, and the request repeated once', async () => {
      let valid = 'first';
      const seen = accepting(() => valid);
      const tokenFile = await server.write('token', 'first\n');
      const client = open(
        await server.kubeconfig({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }),
      );
      await client.request(get);
      await server.write('token', 'second\n');
      valid = 'second';
      await expect(client.request(get)).resolves.toEqual({ ok: true });
      expect(seen).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
      expect(server.connections, 'a new token is no reason to connect anew').toBe(1);
    });

    it('a watch opened with a stale token is opened with the fresh one', async () => {
      accepting(() => 'second');
      const tokenFile = await server.write('token', 'first');
      const client = open(
        await server.kubeconfig({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }),
      );
      await client.request(get).catch(() => undefined);
      await server.write('token', 'second');
      const stream = await client.stream({ path: '/w', signal: new AbortController().signal });
      const chunks: string[] = [];
      for await (const chunk of stream) chunks.push(Buffer.from(chunk).toString());
      expect(chunks).toEqual(['{"ok":true}']);
    });

    it('a 401 that fresh credentials cannot change is not repeated', async () => {
      const seen = accepting(() => 'another');
      const client = open(await server.kubeconfig({ token: 'fixed' }));
      await expect(client.request(get)).rejects.toMatchObject({
        code: 'unauthorized',
        status: 401,
      });
      expect(seen).toEqual(['Bearer fixed']);
    });

    it('a token file that is missing for a moment is an error of that moment', async () => {
      accepting(() => 'late');
      const tokenFile = join(server.directory, 'token');
      const client = open(
        await server.kubeconfig({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }),
      );
      await expect(client.request(get)).rejects.toMatchObject({ code: 'config' });
      await server.write('token', 'late');
      await expect(client.request(get)).resolves.toEqual({ ok: true });
    });

    it('an exec plugin runs once for requests at the same time, and again on a 401', async () => {
      let valid = 'run-1';
      accepting(() => valid);
      const runs = join(server.directory, 'runs');
      const command = await server.write(
        'plugin.sh',
        `#!/bin/sh\necho x >> ${runs}\nn=$(wc -l < ${runs} | tr -d ' ')\n` +
          `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"run-'$n'"}}'\n`,
      );
      await chmod(command, 0o755);
      const client = open(
        await server.kubeconfig({
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command },
        }),
      );
      await Promise.all([client.request(get), client.request(get), client.request(get)]);
      await client.request(get);
      expect(await readFile(runs, 'utf8')).toBe('x\n');
      valid = 'run-2';
      await expect(client.request(get)).resolves.toEqual({ ok: true });
      expect(await readFile(runs, 'utf8')).toBe('x\nx\n');
    });

    it('a plugin that hangs costs a timeout, not the client', async () => {
      const clock = new SimClock();
      const command = await server.write('plugin.sh', '#!/bin/sh\nread never\n');
      await chmod(command, 0o755);
      const client = open(
        await server.kubeconfig({
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command },
        }),
        { clock },
      );
      const hanging = client.request(get);
      await clock.advance(30_000);
      await expect(hanging).rejects.toMatchObject({ code: 'timeout' });
    });

    it('in a pod: token and CA of the service account, address from the environment', async () => {
      accepting(() => 'projected');
      const account = join(server.directory, 'var/run/secrets/kubernetes.io/serviceaccount');
      await mkdir(account, { recursive: true });
      await server.write('var/run/secrets/kubernetes.io/serviceaccount/ca.crt', certificate.cert);
      await server.write('var/run/secrets/kubernetes.io/serviceaccount/token', 'projected');
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
      vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
      const client = connect({ userAgent: 'test', serviceAccountRoot: server.directory });
      clients.push(client);
      await expect(client.request(get)).resolves.toEqual({ ok: true });
    });
  });

  describe('refuses at once', () => {
    it.each([
      ['no such file', async () => join(server.directory, 'none'), 'cannot read'],
      ['no YAML', () => server.write('kubeconfig', '{'), 'cannot read'],
      ['no context', () => server.write('kubeconfig', 'clusters: []'), 'has no current-context'],
      [
        'no URL',
        () => server.kubeconfig({}, { server: 'kube:6443x' }),
        'names a server that is no URL',
      ],
      [
        'no TLS',
        () => server.kubeconfig({}, { server: 'http://127.0.0.1:1' }),
        'insecure-skip-tls-verify',
      ],
      ['SOCKS', () => server.kubeconfig({}, { 'proxy-url': 'socks5://127.0.0.1:1' }), 'SOCKS'],
    ])('a kubeconfig with %s, and says so', async (_, write, message) => {
      const kubeconfig = await write();
      expect(() => connect({ kubeconfig, userAgent: 'test' })).toThrow(message);
      expect(() => connect({ kubeconfig, userAgent: 'test' })).toThrow(KubeError);
    });

    it('to guess an address outside of a cluster', () => {
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
      vi.stubEnv('KUBERNETES_SERVICE_PORT', '');
      expect(() => connect({ userAgent: 'test' })).toThrow(
        'no kubeconfig is given, and this is no pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT not set',
      );
    });
  });
});
