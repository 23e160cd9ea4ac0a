// An npm registry on loopback that takes what is published and forgets it with the process: for rehearsals.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The fields of a package.json that a release depends on. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly repository?: { readonly url: string; readonly directory?: string };
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One package as a registry receives it. */
export interface Upload {
  readonly manifest: Manifest;
  /** `null` where the package does not say: a scoped one is then private. */
  readonly access: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly tarball: Uint8Array;
}

/** npm's message to a registry, as far as it is read here. */
interface PublishMessage {
  readonly access: string | null;
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Manifest>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** The registry, listening. It knows no package, so that all that can be published is. */
export class LoopbackRegistry implements AsyncDisposable {
  readonly uploads: Upload[] = [];
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  static async start(): Promise<LoopbackRegistry> {
    const registry = new LoopbackRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  /** Without the scheme and with a slash at the end, as npm's settings name a registry. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const isUpload = request.method === 'PUT';
    if (isUpload) this.#take(JSON.parse(Buffer.concat(chunks).toString()) as PublishMessage);
    response.writeHead(isUpload ? 201 : 404, { 'content-type': 'application/json' });
    response.end('{}');
  }

  #take(message: PublishMessage): void {
    const [manifest] = Object.values(message.versions);
    const [attachment] = Object.values(message._attachments);
    if (manifest === undefined || attachment === undefined) throw new Error('an empty upload');
    const tarball = Buffer.from(attachment.data, 'base64');
    this.uploads.push({ manifest, access: message.access, tags: message['dist-tags'], tarball });
  }
}
