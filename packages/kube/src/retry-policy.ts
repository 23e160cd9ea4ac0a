import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Random } from './clock.ts';
import type { KubeError, KubeErrorCode } from './kube-error.ts';

/** How long to wait after each failure of one and the same undertaking. */
export class RetryPolicy {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;
  #lastCode: KubeErrorCode | undefined;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * The delay before the next try, at least as long as the server asked for. A first `gone` starts from the shortest delay: the server is
   * there and says what to do, so nobody should wait out the long delay of the outage before.
   */
  failed(failure: KubeError | undefined): number {
    if (failure?.code === 'gone' && this.#lastCode !== 'gone') this.#failures = 0;
    this.#lastCode = failure?.code;
    this.#failures++;
    return Math.max(
      backoffMs(this.#options, this.#failures, this.#random),
      failure?.retryAfterMs ?? 0,
    );
  }
}
