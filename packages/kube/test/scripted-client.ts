import {
  type KubeClient,
  KubeError,
  type KubeRequest,
  type KubeStreamRequest,
  type Logger,
} from '@picluster/kube';

type Script = (request: KubeRequest) => unknown;

/** An API server that answers as the test says. Requests wait until there is an answer; streams are fed by hand. */
export class ScriptedClient implements KubeClient {
  readonly requests: KubeRequest[] = [];
  readonly streams: ScriptedStream[] = [];
  readonly #answers: Script[] = [];
  readonly #openings: (KubeError | undefined)[] = [];
  /** What requests get that nobody scripted; a watch that nobody scripted opens and stays quiet. */
  otherwise: Script = (request) => {
    throw new Error(`nobody expected ${request.method} ${request.path}`);
  };

  /** Answers the next request. An error is thrown. */
  answer(answer: unknown): void {
    this.#answers.push(() => answer);
  }

  /** Refuses to open the next stream. */
  refuseStream(error: KubeError): void {
    this.#openings.push(error);
  }

  /** Lets the next stream open, before later refusals. */
  openStream(): void {
    this.#openings.push(undefined);
  }

  async request<T>(request: KubeRequest): Promise<T> {
    this.requests.push(request);
    const answer = (this.#answers.shift() ?? this.otherwise)(request);
    if (answer instanceof Error) throw answer;
    return (await answer) as T;
  }

  async stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    await Promise.resolve();
    const stream = new ScriptedStream(request);
    this.streams.push(stream);
    const refusal = this.#openings.shift();
    if (refusal !== undefined) throw refusal;
    return stream.read();
  }

  /** The stream opened last. */
  get last(): ScriptedStream {
    const last = this.streams.at(-1);
    if (last === undefined) throw new Error('no stream was opened');
    return last;
  }

  async close(): Promise<void> {}
}

/** One stream of a {@link ScriptedClient}. */
export class ScriptedStream {
  readonly request: KubeStreamRequest;
  readonly #chunks: (Uint8Array | Error | 'end')[] = [];
  #wake: (() => void) | undefined;

  constructor(request: KubeStreamRequest) {
    this.request = request;
    request.signal.addEventListener('abort', () => this.fail(new KubeError('aborted', 'aborted')));
  }

  /** Sends watch events, a line each. */
  send(...events: readonly unknown[]): void {
    for (const event of events) this.sendRaw(`${JSON.stringify(event)}\n`);
  }

  sendRaw(bytes: string | Uint8Array): void {
    this.#push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  end(): void {
    this.#push('end');
  }

  fail(error: Error): void {
    this.#push(error);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk === 'end') return;
      if (chunk instanceof Error) throw chunk;
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #push(chunk: Uint8Array | Error | 'end'): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }
}

/** A log that remembers: one line for each call, level and text. */
export class RecordingLog implements Logger {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  readonly debug: Logger['debug'] = this.#writer('debug');
  readonly info: Logger['info'] = this.#writer('info');
  readonly warn: Logger['warn'] = this.#writer('warn');
  readonly error: Logger['error'] = this.#writer('error');

  count(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  #writer(level: string): Logger['debug'] {
    return (message, fields = {}) => void this.lines.push({ level, message, fields });
  }
}

/** A Service as the API shows it, with the parts that swell a cache. */
export function service(name: string, resourceVersion: number | string, type = 'LoadBalancer') {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: 'web',
      resourceVersion: String(resourceVersion),
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': { 'f:type': {} } } }],
    },
    spec: { type },
  };
}

export const added = (object: unknown) => ({ type: 'ADDED', object });
export const modified = (object: unknown) => ({ type: 'MODIFIED', object });
export const deleted = (object: unknown) => ({ type: 'DELETED', object });
export const bookmark = (resourceVersion: number | string, end = false) => ({
  type: 'BOOKMARK',
  object: {
    kind: 'Service',
    metadata: {
      resourceVersion: String(resourceVersion),
      ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  },
});
export const errorEvent = (code: number, reason: string) => ({
  type: 'ERROR',
  object: { kind: 'Status', status: 'Failure', code, reason, message: `it is ${reason}` },
});
