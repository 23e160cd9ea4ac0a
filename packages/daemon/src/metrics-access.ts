import { createHash } from 'node:crypto';

/** What asks the API server; a client of `@picluster/kube` is one. */
export interface ReviewClient {
  request<T>(request: {
    readonly method: 'POST';
    readonly path: string;
    readonly body: unknown;
    readonly timeoutMs: number;
  }): Promise<T>;
}

/** What is said to somebody who wants to read: yes, or an HTTP status and the reason. */
export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 503; readonly reason: string };

/** A yes is believed for so long: a token that is taken back still reads until then. */
export const ALLOWED_MS = 60_000;
/** A no is believed for so long: shorter, for somebody may just be giving the right. */
export const REFUSED_MS = 10_000;
/** So many answers of each kind are remembered, the latest. */
const REMEMBERED_MAX = 64;
/** So many tokens may be asked about at one time: whoever sends ever new ones must not flood the API server through us. */
const ASKED_MAX = 8;
/** Of each of the two questions. A scrape has 10 s. */
const TIMEOUT_MS = 4000;

const ALLOWED: Verdict = { kind: 'allowed' };

/** What a TokenReview answers with, unchecked. */
interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: Readonly<Record<'username' | 'uid' | 'groups' | 'extra', unknown>>;
    readonly error?: string;
  };
}

interface AccessReview {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

interface Remembered {
  readonly verdict: Verdict;
  readonly untilMs: number;
}

/**
 * Who may read the metrics: whose bearer token the API server knows (TokenReview), and who may `get` the path `/metrics` (SubjectAccessReview on
 * a non-resource URL). Answers are remembered for a short time, by a digest of the token.
 */
export class MetricsAccess {
  readonly #nowMs: () => number;
  readonly #allowed = new Map<string, Remembered>();
  readonly #refused = new Map<string, Remembered>();
  readonly #asked = new Map<string, Promise<Verdict>>();
  #client: ReviewClient | undefined;

  constructor(deps: { readonly nowMs: () => number }) {
    this.#nowMs = deps.nowMs;
  }

  /** From now on the API server is asked through this client; before that nobody may read. */
  askThrough(client: ReviewClient): void {
    this.#client = client;
  }

  /** Judges a request by its Authorization header. Never rejects. */
  async judge(authorization: string | undefined): Promise<Verdict> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return refused(401, 'a bearer token is needed');
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#recall(key);
    if (known !== undefined) return known;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return await asked;
    if (this.#client === undefined) return refused(503, 'not yet connected to the API server');
    if (this.#asked.size >= ASKED_MAX) return refused(503, 'too many tokens at one time');
    const verdict = this.#ask(this.#client, token).finally(() => this.#asked.delete(key));
    this.#asked.set(key, verdict);
    this.#remember(key, await verdict);
    return await verdict;
  }

  async #ask(client: ReviewClient, token: string): Promise<Verdict> {
    try {
      const { status } = await client.request<TokenReview>({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token },
        },
        timeoutMs: TIMEOUT_MS,
      });
      if (status?.authenticated !== true) {
        return refused(
          401,
          `the API server does not know this token: ${status?.error ?? 'no reason'}`,
        );
      }
      return await this.#askAccess(client, status.user);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refused(503, `the API server could not be asked: ${why}`);
    }
  }

  async #askAccess(
    client: ReviewClient,
    user: NonNullable<TokenReview['status']>['user'],
  ): Promise<Verdict> {
    const { status } = await client.request<AccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: user?.username,
          uid: user?.uid,
          groups: user?.groups,
          extra: user?.extra,
          nonResourceAttributes: { path: '/metrics', verb: 'get' },
        },
      },
      timeoutMs: TIMEOUT_MS,
    });
    if (status?.allowed === true) return ALLOWED;
    const fix = 'it needs the verb get on the non-resource URL /metrics';
    return refused(403, `${String(user?.username)} may not read the metrics: ${fix}`);
  }

  #recall(key: string): Verdict | undefined {
    const found = this.#allowed.get(key) ?? this.#refused.get(key);
    return found !== undefined && this.#nowMs() < found.untilMs ? found.verdict : undefined;
  }

  /** Those let in and those refused apart: a flood of wrong tokens makes no right one forgotten. */
  #remember(key: string, verdict: Verdict): void {
    this.#allowed.delete(key);
    this.#refused.delete(key);
    if (verdict.kind === 'refused' && verdict.status === 503) return;
    const isAllowed = verdict.kind === 'allowed';
    const memory = isAllowed ? this.#allowed : this.#refused;
    const untilMs = this.#nowMs() + (isAllowed ? ALLOWED_MS : REFUSED_MS);
    memory.set(key, { verdict, untilMs });
    if (memory.size <= REMEMBERED_MAX) return;
    for (const oldest of memory.keys()) {
      memory.delete(oldest);
      break;
    }
  }
}

function refused(status: 401 | 403 | 503, reason: string): Verdict {
  return { kind: 'refused', status, reason };
}
