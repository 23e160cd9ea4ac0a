/** One reason of a rejected object, as `details.causes` of a Status carries it. */
export interface Cause {
  /** Such as `FieldValueRequired`. */
  readonly reason: string;
  readonly message: string;
  /** Path of the field, such as `spec.ports[0].name`. */
  readonly field: string;
}

/** The `Status` object that an API server answers with when it refuses. */
export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure';
  readonly message: string;
  readonly reason?: string;
  readonly details?: Record<string, unknown>;
  readonly code: number;
}

/** What an error is about: the resource (or kind) and name it names. */
export interface Subject {
  readonly group: string;
  /** Plural resource, or the kind for `Invalid`, as Kubernetes does it. */
  readonly kind: string;
  readonly name?: string;
}

/** A refusal of the simulated API server; thrown inside it and turned into a `Status` reply at its edge. */
export class ApiError extends Error {
  readonly body: StatusBody;

  constructor(code: number, reason: string, message: string, about?: Record<string, unknown>) {
    super(message);
    this.name = 'ApiError';
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(about === undefined ? {} : { details: about }),
      code,
    };
  }
}

function details(subject: Subject): Record<string, unknown> {
  return {
    ...(subject.name === undefined || subject.name === '' ? {} : { name: subject.name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.kind,
  };
}

function qualified(subject: Subject): string {
  const type = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return `${type} "${subject.name ?? ''}"`;
}

/** 404 for an object that is not there. */
export function notFound(subject: Subject): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(subject)} not found`, details(subject));
}

/** 404 for a path that names no resource. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 409 for a name that is taken. */
export function alreadyExists(subject: Subject): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(subject)} already exists`,
    details(subject),
  );
}

/** 409 for a write that is based on an old version. */
export function conflict(
  subject: Subject,
  why: string = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(subject)}: ${why}`;
  return new ApiError(409, 'Conflict', message, details(subject));
}

/** 422 with every field that is wrong. */
export function invalid(subject: Subject, causes: readonly Cause[]): ApiError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified(subject)} is invalid: ${list}`, {
    ...details(subject),
    causes,
  });
}

/** 400. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** 403. */
export function forbidden(subject: Subject, message: string): ApiError {
  return new ApiError(403, 'Forbidden', message, details(subject));
}

/** 410 for a resource version that is no longer in the history. */
export function expired(message: string, continueToken?: string): ApiError {
  const error = new ApiError(410, 'Expired', message);
  if (continueToken === undefined) return error;
  Object.assign(error.body, { metadata: { continue: continueToken } });
  return error;
}

/** 405. */
export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

/** 415, naming what would be accepted. */
export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

const reasonByCode: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by an injected fault'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: [
    'Conflict',
    'the object has been modified; please apply your changes to the latest version',
  ],
  410: ['Expired', 'too old resource version'],
  429: [
    'TooManyRequests',
    'the server has received too many requests and has asked us to try again later',
  ],
  500: ['InternalError', 'an error on the server has prevented the request from succeeding'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted'],
};

/** The error an API server gives with `code`, with Kubernetes' reason for it. */
export function errorOfCode(code: number, retryAfterSeconds?: number): ApiError {
  const [reason, message] = reasonByCode[code] ?? ['', `HTTP ${code}`];
  const extra = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return new ApiError(code, reason, message, extra.details);
}
