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
  const lines: string[] = [];
  let ok = true;
  for (const [name, check] of checks) {
    const problem = check();
    ok &&= problem === undefined;
    lines.push(problem === undefined ? `[+] ${name} ok` : `[-] ${name}: ${problem}`);
  }
  lines.push(ok ? 'ok' : 'failed');
  return { ok, text: `${lines.join('\n')}\n` };
}
