import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A self-signed certificate for 127.0.0.1 and its key, PEM. */
export async function selfSigned(): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'kube-test' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  return { cert, key };
}

/** An HTTPS server on loopback with a directory for credentials; counts the TLS connections made to it. */
export class TlsServer implements AsyncDisposable {
  readonly directory: string;
  connections = 0;
  handler: Handler = (_, response) => void response.writeHead(500).end();
  readonly sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async start(certificate: { cert: string; key: string }): Promise<TlsServer> {
    const server = new TlsServer(await mkdtemp(join(tmpdir(), 'kube-test-')));
    await server.listen(certificate);
    await server.write('ca.crt', certificate.cert);
    return server;
  }

  /** Listens, on the same port as before where there was one. */
  async listen({ cert, key }: { cert: string; key: string }): Promise<void> {
    const server = createServer({ cert, key }, (request, response) =>
      this.handler(request, response),
    );
    server.on('secureConnection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => void server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server !== undefined) await new Promise((resolve) => void server.close(resolve));
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  /** Writes a kubeconfig for this server with this user (JSON is YAML) and gives its path. */
  async kubeconfig(user: object = {}, cluster: object = {}, path = ''): Promise<string> {
    const config = {
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${this.#port}${path}`,
            'certificate-authority': join(this.directory, 'ca.crt'),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'test', user }],
    };
    return await this.write('kubeconfig', JSON.stringify(config));
  }

  get port(): number {
    return this.#port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
