import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';

/** How to reach an API server. */
export interface Endpoint {
  readonly url: string;
  /** PEM of its authority. */
  readonly ca: string;
  /** Of a user who may do everything. */
  readonly token: string;
}

/** What a server answered. */
export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests look into JSON of every shape
  readonly body: any;
}

/** One event of a watch. */
export interface WatchEvent {
  readonly type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests look into JSON of every shape
  readonly object: any;
}

/** What goes along with a request. */
export interface Extras {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  /** Absent: the endpoint's. `null`: none. */
  readonly token?: string | null;
}

/** The thinnest client there can be, so that the suite sees what is on the wire. */
export class ContractClient {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#agent = new Agent({ keepAlive: true, ca: endpoint.ca });
  }

  get(path: string, extras: Extras = {}): Promise<Answer> {
    return this.send('GET', path, extras);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, { body });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, { body });
  }

  merge(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, { body, type: 'application/merge-patch+json' });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.send('DELETE', path, body === undefined ? {} : { body });
  }

  async send(method: string, path: string, extras: Extras = {}): Promise<Answer> {
    const response = await this.#open(method, path, extras);
    let text = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
    return {
      code: response.statusCode ?? 0,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    };
  }

  /** Starts a watch; the path has its query. */
  async watch(path: string): Promise<WatchReader> {
    return new WatchReader(await this.#open('GET', path, {}));
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(method: string, path: string, extras: Extras): Promise<IncomingMessage> {
    const { token = this.#endpoint.token, body } = extras;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        new URL(path, this.#endpoint.url),
        {
          method,
          agent: this.#agent,
          headers: {
            accept: extras.accept ?? 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(text === undefined
              ? {}
              : {
                  'content-type': extras.type ?? 'application/json',
                  'content-length': Buffer.byteLength(text),
                }),
          },
        },
        resolve,
      );
      request.once('error', reject);
      request.end(text);
    });
  }
}

/** Reads a watch event by event. */
export class WatchReader {
  readonly code: number;
  readonly #response: IncomingMessage;
  readonly #lines: AsyncGenerator<string>;

  constructor(response: IncomingMessage) {
    this.code = response.statusCode ?? 0;
    this.#response = response;
    this.#lines = linesOf(response);
  }

  /** The next event; undefined at the end. Rejects when the connection breaks. */
  async next(): Promise<WatchEvent | undefined> {
    const line = await this.#lines.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as WatchEvent);
  }

  /** The next so many events, as `TYPE name`. */
  async names(count: number): Promise<string[]> {
    const names: string[] = [];
    while (names.length < count) {
      const event = await this.next();
      if (event === undefined) break;
      names.push(`${event.type} ${String(event.object.metadata.name ?? '')}`.trim());
    }
    return names;
  }

  close(): void {
    this.#response.destroy();
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
