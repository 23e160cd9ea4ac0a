import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFolder } from './certificate-folder.ts';
import type { HealthChecks } from './health.ts';
import type { MetricsAccess } from './metrics-access.ts';
import type { Metrics } from './metrics.ts';

/** The servers that run, with the ports they really have. */
export interface HttpServers extends AsyncDisposable {
  /** TCP port of `/metrics`, or `undefined` when off. */
  readonly metricsPort: number | undefined;
  /** TCP port of `/healthz` and `/readyz`, or `undefined` when off. */
  readonly healthPort: number | undefined;
}

/** What the servers say, and to whom. */
export interface HttpServerDeps {
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  /** `/metrics` by TLS alone, for those who may read it. Absent: by plain HTTP, for everybody. */
  readonly guard?:
    | { readonly certificate: CertificateFolder; readonly access: MetricsAccess }
    | undefined;
}

type Reply = (status: number, body: string, headers?: Readonly<Record<string, string>>) => void;
/** Answers on one path. */
type Page = (authorization: string | undefined, reply: Reply) => void | Promise<void>;
type Pages = Readonly<Record<string, Page>>;

/**
 * Serves `/metrics`, and `/healthz` with `/readyz`; `undefined` leaves one out, and port 0 asks the system for a free one. By plain HTTP both servers
 * have all paths, and when the ports are the same there is one. Behind a guard `/metrics` is on its own port alone, by TLS 1.3; health never is
 * behind it.
 *
 * Rejects where a port cannot be had (the error names it in `port`), and where one port should have both although there is a guard.
 */
export async function startHttpServers(
  deps: HttpServerDeps,
  options: { readonly metricsPort: number | undefined; readonly healthPort: number | undefined },
): Promise<HttpServers> {
  const { guard } = deps;
  const isSame = options.metricsPort !== undefined && options.metricsPort === options.healthPort;
  const isOne = isSame && options.metricsPort !== 0;
  if (isOne && guard !== undefined) {
    throw new Error('metrics by TLS need another port than health: see --metrics-port');
  }
  const health = healthPages(deps.health);
  const metrics = { '/metrics': metricsPage(deps) };
  const plain = handler(guard === undefined ? { ...metrics, ...health } : health);
  const servers: Server[] = [];
  const start = async (
    port: number | undefined,
    server: () => Server,
  ): Promise<number | undefined> => {
    if (port === undefined) return undefined;
    const started = await listen(server(), port);
    servers.push(started);
    return (started.address() as AddressInfo).port;
  };
  const end = async (): Promise<void> => void (await Promise.all(servers.map(close)));
  try {
    const metricsPort = await start(options.metricsPort, () =>
      guard === undefined ? createServer(plain) : tlsServer(guard.certificate, handler(metrics)),
    );
    const healthPort = isOne
      ? metricsPort
      : await start(options.healthPort, () => createServer(plain));
    return { metricsPort, healthPort, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function healthPages(health: HealthChecks): Pages {
  const say =
    (ask: () => { ok: boolean; text: string }): Page =>
    (_authorization, reply) => {
      const { ok, text } = ask();
      reply(ok ? 200 : 503, text);
    };
  return { '/healthz': say(() => health.liveness()), '/readyz': say(() => health.readiness()) };
}

function metricsPage({ metrics, guard }: HttpServerDeps): Page {
  return async (authorization, reply) => {
    const verdict = await guard?.access.judge(authorization);
    if (verdict?.kind === 'refused') {
      const challenge = verdict.status === 401 ? { 'www-authenticate': 'Bearer' } : {};
      reply(verdict.status, `${verdict.reason}\n`, challenge);
      return;
    }
    const { contentType, body } = await metrics.scrape();
    reply(200, body, { 'content-type': contentType });
  };
}

function handler(pages: Pages): RequestListener {
  const paths = Object.keys(pages).join(', ');
  return (request, response) => {
    const reply: Reply = (status, body, headers) => {
      const type = { 'content-type': 'text/plain; charset=utf-8' };
      response.writeHead(status, { ...type, 'cache-control': 'no-store', ...headers }).end(body);
    };
    const page = pages[request.url?.split('?')[0] ?? ''];
    if (page === undefined) {
      reply(404, `there is only ${paths}\n`);
      return;
    }
    const answer = async (): Promise<void> => await page(request.headers.authorization, reply);
    answer().catch((error: unknown) => reply(500, `${String(error)}\n`));
  };
}

/** The certificate is looked at as each connection comes, before its handshake: nothing runs while nobody asks. */
function tlsServer(certificate: CertificateFolder, handle: RequestListener): Server {
  const options = { minVersion: 'TLSv1.3' } as const;
  const server = createTlsServer({ ...options, ...certificate.changed() }, handle);
  server.prependListener('connection', () => {
    const changed = certificate.changed();
    if (changed !== undefined) server.setSecureContext({ ...options, ...changed });
  });
  return server;
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
