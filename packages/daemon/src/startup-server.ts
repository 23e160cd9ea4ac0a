import { createServer, type Server } from 'node:http';
import type { HealthCheck } from './health.ts';
import type { PatienceDeps } from './patient-servers.ts';

/** Whoever asked has been told so long ago that this process is prepared, and asks no more. */
const KEPT_MS = 5000;
/** How often a port that is in use is tried again. */
const PAUSE_MS = 200;

/**
 * Says on a port of its own whether this process is prepared, on any path, until that was said and a while has passed, or another process wants the port. So
 * of two processes that share their other ports for a moment, one of which prepares itself to go on in the other's place, the new one has this port: where the
 * old one still has it, it is waited for.
 */
export class StartupServer implements Disposable {
  readonly #port: number;
  readonly #problem: HealthCheck;
  readonly #deps: PatienceDeps;
  #server: Server | undefined;
  #saidYes = false;
  #closed = false;

  /** @param problem what is missing; `undefined`: nothing, it is prepared */
  constructor(deps: PatienceDeps, port: number, problem: HealthCheck) {
    this.#deps = deps;
    this.#port = port;
    this.#problem = problem;
  }

  /** Listens as soon as the port is free. Resolves when it does, or was closed; rejects where the port cannot be had at all. */
  async listen(): Promise<void> {
    while (!this.#closed) {
      const server = createServer((_request, response) => {
        const problem = this.#problem();
        response.writeHead(problem === undefined ? 200 : 503).end(`${problem ?? 'ok'}\n`);
        if (problem === undefined) this.#onYes();
      });
      this.#server = server;
      if (await isListening(server, this.#port)) return;
      await this.#deps.pause(PAUSE_MS);
    }
  }

  /** Another process wants the port: it is given away if yes was said. Whoever asks would not believe this process otherwise. */
  yield(): void {
    if (this.#saidYes) this.close();
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onYes(): void {
    if (this.#saidYes) return;
    this.#saidYes = true;
    void this.#deps.pause(KEPT_MS).then(() => this.close());
  }
}

function isListening(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, () => {
      server.unref();
      resolve(true);
    });
  });
}
