import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

/** A Kubernetes object, as much of it as the lab looks at. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Where an API server is and how to enter it. */
export interface KubeApiOptions {
  readonly url: string;
  /** The certificates to trust, in PEM. */
  readonly ca: string;
  readonly token: string;
}

/** What a request carries besides its path. */
export interface KubeRequest {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

const JSON_TYPE = 'application/json';

/** A request that the API server refused, with the status it gave. */
export class KubeApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'KubeApiError';
    this.status = status;
  }
}

/** The few requests that tests make themselves, so that they need no client of the packages under test. */
export class KubeApi {
  readonly #options: KubeApiOptions;
  readonly #agent: Agent;

  constructor(options: KubeApiOptions) {
    this.#options = options;
    this.#agent = new Agent({ ca: options.ca, keepAlive: true });
  }

  /** The decoded answer. Rejects with {@link KubeApiError} for a status that is not 2xx. */
  async request<T>(method: string, path: string, options: KubeRequest = {}): Promise<T> {
    const { status, text } = await this.#send(method, path, options);
    if (status < 200 || status > 299)
      throw new KubeApiError(status, `${method} ${path}: ${status} ${messageOf(text)}`);
    return (text.startsWith('{') ? JSON.parse(text) : text) as T;
  }

  async get<T>(path: string, accept: string = JSON_TYPE): Promise<T> {
    return await this.request<T>('GET', path, { accept });
  }

  async create<T>(path: string, body: unknown): Promise<T> {
    return await this.request<T>('POST', path, { body });
  }

  /** A JSON merge patch. */
  async patch<T>(path: string, body: unknown): Promise<T> {
    const contentType = 'application/merge-patch+json';
    return await this.request<T>('PATCH', path, { body, contentType });
  }

  async delete(path: string): Promise<void> {
    await this.request('DELETE', path);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    options: KubeRequest,
  ): Promise<{ status: number; text: string }> {
    const { body, contentType = JSON_TYPE, accept = JSON_TYPE } = options;
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = {
        authorization: `Bearer ${this.#options.token}`,
        accept,
      };
      if (body !== undefined) headers['content-type'] = contentType;
      const outgoing = request(
        new URL(path, this.#options.url),
        { method, headers, agent: this.#agent, timeout: 15_000 },
        (answer: IncomingMessage) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          answer.once('error', reject);
        },
      );
      outgoing.once('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path}: no answer in 15 s`)),
      );
      outgoing.once('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

/** The text of a kubeconfig file with one cluster, one user and a token. */
export function kubeconfig(api: KubeApiOptions, user: string): string {
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [
        {
          name: 'lab',
          cluster: {
            server: api.url,
            'certificate-authority-data': Buffer.from(api.ca).toString('base64'),
          },
        },
      ],
      users: [{ name: user, user: { token: api.token } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user } }],
    },
    undefined,
    2,
  )}\n`;
}
