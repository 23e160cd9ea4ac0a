/** A value in a query string; `undefined` leaves the parameter out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request whose whole answer is wanted. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, such as `/api/v1/nodes`; see {@link resourcePath}. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default: `application/merge-patch+json` for PATCH, else `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** From the call to the last byte of the answer, getting credentials included. Default: the client's. */
  readonly timeoutMs?: number;
  /**
   * Asked when the connection stands, in the same turn of the event loop in which the request is written; `false` means that it is not sent, and
   * `aborted`. For what only a leader may write: a signal comes too late where the process was frozen while it connected, as sockets are
   * served before timers.
   */
  readonly onlyIf?: (() => boolean) | undefined;
}

/** One GET whose answer is read as it comes. */
export interface KubeStreamRequest {
  readonly path: string;
  readonly query?: Query;
  /** Ends the stream too, not only its opening. */
  readonly signal: AbortSignal;
  /** From the call to the answer's first line; the stream itself has no limit. Default: the client's. */
  readonly timeoutMs?: number;
}

/**
 * A connection to one API server. Everything that fails throws a {@link KubeError}.
 *
 * All of this package runs on this interface alone, so that a simulation can stand in for the server.
 */
export interface KubeClient {
  /** Sends a request and gives the decoded JSON of a 2xx answer, unchecked: `T` is the caller's claim. */
  request<T>(request: KubeRequest): Promise<T>;
  /** Resolves once the server answered 2xx. The chunks fall where the network cut them. */
  stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Ends every request and every connection. Never rejects. */
  close(): Promise<void>;
}
