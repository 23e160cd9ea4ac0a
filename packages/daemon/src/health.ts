/** One thing that must hold: `undefined` while it does, else a sentence that says what is wrong. */
export type HealthCheck = () => string | undefined;

/**
 * The questions behind `/healthz` (is this process worth keeping?) and `/readyz` (does it do its job now?). Checks are named, and a failing
 * one is reported by its name and its sentence.
 */
export class HealthChecks {
  readonly #live = new Map<string, HealthCheck>();
  readonly #ready = new Map<string, HealthCheck>();

  /** Adds to both questions: what kills liveness also kills readiness. */
  live(name: string, check: HealthCheck): void {
    this.#live.set(name, check);
    this.#ready.set(name, check);
  }

  /** Adds to readiness alone. */
  ready(name: string, check: HealthCheck): void {
    this.#ready.set(name, check);
  }

  /** Answers `/healthz`. */
  liveness(): { readonly ok: boolean; readonly text: string } {
    return answer(this.#live);
  }

  /** Answers `/readyz`. */
  readiness(): { readonly ok: boolean; readonly text: string } {
    return answer(this.#ready);
  }
}

function answer(checks: ReadonlyMap<string, HealthCheck>): { ok: boolean; text: string } {
  const problems = [...checks].flatMap(([name, check]) => {
    const problem = check();
    return problem === undefined ? [] : [`${name}: ${problem}\n`];
  });
  return problems.length === 0
    ? { ok: true, text: 'ok\n' }
    : { ok: false, text: problems.join('') };
}
