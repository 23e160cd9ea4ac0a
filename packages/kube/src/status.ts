import { KubeError, type KubeErrorCode } from './kube-error.ts';

const codeOfStatus: Readonly<Record<number, KubeErrorCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'gone',
  422: 'invalid',
  429: 'too-many-requests',
};

/** The error that the server's Status object (of an answer, or of an ERROR event) stands for. Takes any value. */
export function errorOfStatus(
  body: unknown,
  request: string,
  answer: { readonly status?: number; readonly retryAfterMs?: number | undefined } = {},
): KubeError {
  const {
    code,
    reason,
    message,
    details = {},
  } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: unknown;
    reason?: unknown;
    message?: unknown;
    details?: { retryAfterSeconds?: unknown } | null;
  };
  const status = answer.status ?? (typeof code === 'number' ? code : undefined);
  const seconds = details?.retryAfterSeconds;
  return new KubeError(
    codeOf(status, reason),
    typeof message === 'string' && message !== '' ? message : `the server answered ${status}`,
    {
      status,
      reason: typeof reason === 'string' ? reason : undefined,
      retryAfterMs:
        answer.retryAfterMs ?? (typeof seconds === 'number' ? seconds * 1000 : undefined),
      request,
    },
  );
}

function codeOf(status: number | undefined, reason: unknown): KubeErrorCode {
  if (reason === 'AlreadyExists') return 'already-exists';
  if (reason === 'Expired' || reason === 'Gone') return 'gone';
  return (status === undefined ? undefined : codeOfStatus[status]) ?? 'server';
}
