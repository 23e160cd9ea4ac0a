import { ApiError, badRequest, errorOfCode } from './api-error.ts';
import type { Clock } from './clock.ts';
import { fieldsOf, type Fields, type KubeObject } from './object.ts';
import { rfc3339 } from './seams/timestamp.ts';

interface Grant {
  readonly user: string;
  /** Monotonic; absent: for good. */
  readonly endsMs?: number;
}

const lifetimeDefaultSeconds = 3600;
const lifetimeMinSeconds = 600;

/** Bearer tokens and the users behind them: those given at the start and those minted by TokenRequest. */
export class Tokens {
  readonly #clock: Clock;
  readonly #mint: () => string;
  readonly #grants = new Map<string, Grant>();

  /** `users` maps tokens to user names; `mint` makes the text of a new token. */
  constructor(clock: Clock, mint: () => string, users: Readonly<Record<string, string>>) {
    this.#clock = clock;
    this.#mint = mint;
    for (const [token, user] of Object.entries(users)) this.#grants.set(token, { user });
  }

  /** The user of an Authorization header; a 401 ApiError without a token that is valid now. */
  userOf(authorization: string | undefined): string {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const grant = this.#grants.get(token);
    if (grant === undefined) throw errorOfCode(401);
    if (grant.endsMs !== undefined && grant.endsMs <= this.#clock.nowMs()) throw errorOfCode(401);
    return grant.user;
  }

  /** Ends a token at once. */
  revoke(token: string): void {
    this.#grants.delete(token);
  }

  /** A token for a ServiceAccount, valid for `expirationSeconds` (default and rule of TokenRequest: 3600, at least 600). */
  request(account: KubeObject, body: unknown): Fields {
    const spec = fieldsOf(fieldsOf(body)['spec']);
    const seconds = spec['expirationSeconds'] ?? lifetimeDefaultSeconds;
    if (typeof seconds !== 'number') throw badRequest('spec.expirationSeconds must be a number');
    if (seconds < lifetimeMinSeconds) {
      const why = 'may not specify a duration less than 10 minutes';
      const message = `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: ${seconds}: ${why}`;
      throw new ApiError(422, 'Invalid', message);
    }
    const token = this.#mint();
    const { name = '', namespace = '' } = account.metadata;
    const user = `system:serviceaccount:${namespace}:${name}`;
    this.#grants.set(token, { user, endsMs: this.#clock.nowMs() + seconds * 1000 });
    const wallMs = this.#clock.wallMs();
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: rfc3339(wallMs) },
      spec: { audiences: [], ...spec, expirationSeconds: seconds },
      status: { token, expirationTimestamp: rfc3339(wallMs + seconds * 1000) },
    };
  }
}
