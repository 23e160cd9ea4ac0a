/**
 * How a request to the API server failed.
 *
 * Answers of the server: `bad-request` (400), `unauthorized` (401), `forbidden` (403), `not-found` (404), `conflict` (409: the
 * resourceVersion is not the current one), `already-exists` (409), `gone` (410: the resourceVersion or list token is too old),
 * `invalid` (422), `too-many-requests` (429), `server` (any other status, or an answer that is not JSON).
 *
 * No answer: `timeout` (ours ran out), `network` (refused, reset, TLS, name not found; `cause` has it), `aborted` (the caller's signal, or its `onlyIf`),
 * `config` (the kubeconfig, the service account or the credential plugin cannot be used; the message says what is missing).
 *
 * A stream only: `garbage` (a line that is no watch event), `line-too-long`.
 */
export type KubeErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'already-exists'
  | 'gone'
  | 'invalid'
  | 'too-many-requests'
  | 'server'
  | 'timeout'
  | 'network'
  | 'aborted'
  | 'config'
  | 'garbage'
  | 'line-too-long';

/** What is known beside the code. */
export interface KubeErrorDetails {
  /** HTTP status. */
  readonly status?: number | undefined;
  /** `reason` of the server's Status object, such as `AlreadyExists`. */
  readonly reason?: string | undefined;
  /** How long the server asks us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** `GET /api/v1/services`, for the log. */
  readonly request?: string | undefined;
  readonly cause?: unknown;
}

/** The one error of this package that the world can cause. Decide by `code`, never by the message. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  /** HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** `reason` of the server's Status object, such as `AlreadyExists`. */
  readonly reason: string | undefined;
  /** How long the server asks us to wait. */
  readonly retryAfterMs: number | undefined;
  /** `GET /api/v1/services`, for the log. */
  readonly request: string | undefined;

  constructor(code: KubeErrorCode, message: string, details: KubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
    this.request = details.request;
  }
}
