import { formatAddress } from './address.ts';
import { probe } from './probe.ts';
import type { ResponderDeps } from './responder-deps.ts';
import { PROBES, PROBE_INTERVAL_MS } from './tenure.ts';

/**
 * What was heard of an address. `clear`: nobody claims it; `ours`: one of the machines that we count as ours does; `foreign`: another does,
 * which is told at once; `unasked`: a question could not be sent. `mac` is text.
 */
export type ProbeOutcome =
  | { readonly kind: 'clear' | 'unasked' }
  | { readonly kind: 'ours' | 'foreign'; readonly mac: string };

/** An address that was asked for a while ago is listened for so long: whoever asks in turns need not change the watched set each time. */
const LINGER_MS = 60_000;

interface Run {
  readonly bytes: Uint8Array;
  readonly done: (outcome: ProbeOutcome) => void;
  sent: number;
  ours: string | undefined;
  timer?: Disposable;
}

/** Asks who has an address, for those who want to know and do not own it. */
export class AddressProbes {
  readonly #deps: ResponderDeps;
  /** Called when other addresses are to be listened for. */
  readonly #onWatched: () => void;
  readonly #runs = new Map<string, Set<Run>>();
  readonly #watched = new Map<string, { readonly bytes: Uint8Array; askedMs: number }>();

  constructor(deps: ResponderDeps, onWatched: () => void) {
    this.#deps = deps;
    this.#onWatched = onWatched;
  }

  /** Whether nobody waits for an outcome. */
  get idle(): boolean {
    return this.#runs.size === 0;
  }

  /** The addresses to be listened for; those not asked for in a minute are forgotten. */
  watched(): Uint8Array[] {
    const nowMs = this.#deps.clock.nowMs();
    for (const [text, { askedMs }] of this.#watched) {
      if (nowMs - askedMs >= LINGER_MS) this.#watched.delete(text);
    }
    return Array.from(this.#watched.values(), ({ bytes }) => bytes);
  }

  /** Asks three times; `done` is called once, at the end or as soon as a foreign machine claims it. Disposing ends it without a call. */
  start(bytes: Uint8Array, done: (outcome: ProbeOutcome) => void): Disposable {
    const text = formatAddress(bytes);
    const known = this.#watched.has(text);
    this.#watched.set(text, { bytes, askedMs: this.#deps.clock.nowMs() });
    if (!known) this.#onWatched();
    const run: Run = { bytes, done, sent: 0, ours: undefined };
    this.#runs.set(text, (this.#runs.get(text) ?? new Set()).add(run));
    this.#ask(run);
    return { [Symbol.dispose]: () => this.#end(run) };
  }

  /** Somebody claims an address. Who only asks for it, as we do, claims nothing; what is ours may answer without being alive. */
  heard(address: Uint8Array, mac: string, ours: boolean): void {
    for (const run of Array.from(this.#runs.get(formatAddress(address)) ?? [])) {
      if (ours) run.ours ??= mac;
      else this.#finish(run, { kind: 'foreign', mac });
    }
  }

  /** Ends all, without a call. */
  close(): void {
    for (const runs of this.#runs.values()) for (const run of runs) this.#end(run);
  }

  #ask(run: Run): void {
    const { link, clock } = this.#deps;
    if (run.sent === PROBES) {
      this.#finish(
        run,
        run.ours === undefined ? { kind: 'clear' } : { kind: 'ours', mac: run.ours },
      );
      return;
    }
    if (link.send(probe(run.bytes, link.mac)) !== 'sent') {
      this.#finish(run, { kind: 'unasked' });
      return;
    }
    run.sent++;
    run.timer = clock.timer(PROBE_INTERVAL_MS, () => this.#ask(run));
  }

  #finish(run: Run, outcome: ProbeOutcome): void {
    this.#end(run);
    run.done(outcome);
  }

  #end(run: Run): void {
    run.timer?.[Symbol.dispose]();
    const text = formatAddress(run.bytes);
    const runs = this.#runs.get(text);
    runs?.delete(run);
    if (runs?.size === 0) this.#runs.delete(text);
  }
}
