import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthChecks } from './health.ts';
import type { Metrics } from './metrics.ts';

/** The servers that run, with the ports they really have. */
export interface HttpServers extends AsyncDisposable {
  /** TCP port of `/metrics`, or `undefined` when off. */
  readonly metricsPort: number | undefined;
  /** TCP port of `/healthz` and `/readyz`, or `undefined` when off. */
  readonly healthPort: number | undefined;
}

/**
 * Serves `/metrics` and `/healthz`, `/readyz` over plain HTTP; `undefined` leaves one out, and port 0 asks the system for a free one. When both ports
 * are the same, one server has all paths.
 *
 * Rejects where a port cannot be had (the error names it in `port`).
 */
export async function startHttpServers(
  deps: { readonly metrics: Metrics; readonly health: HealthChecks },
  options: { readonly metricsPort: number | undefined; readonly healthPort: number | undefined },
): Promise<HttpServers> {
  const handle = handler(deps.metrics, deps.health);
  const servers: Server[] = [];
  const start = async (port: number | undefined): Promise<number | undefined> => {
    if (port === undefined) return undefined;
    const server = await listen(handle, port);
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const same = options.metricsPort !== undefined && options.metricsPort === options.healthPort;
  const metricsPort = await start(options.metricsPort);
  const healthPort = same && metricsPort !== 0 ? metricsPort : await start(options.healthPort);
  return {
    metricsPort,
    healthPort,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(close));
    },
  };
}

function handler(metrics: Metrics, health: HealthChecks): RequestListener {
  return (request, response) => {
    const reply = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const say = ({ ok, text }: { ok: boolean; text: string }): void =>
      reply(ok ? 200 : 503, 'text/plain; charset=utf-8', text);
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        say(health.liveness());
        break;
      case '/readyz':
        say(health.readiness());
        break;
      case '/metrics':
        metrics.scrape().then(
          ({ contentType, body }) => reply(200, contentType, body),
          (error: unknown) => reply(500, 'text/plain; charset=utf-8', `${String(error)}\n`),
        );
        break;
      default:
        reply(404, 'text/plain; charset=utf-8', 'try /metrics, /healthz or /readyz\n');
    }
  };
}

function listen(handle: RequestListener, port: number): Promise<Server> {
  const server = createServer(handle);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
