import { formatAddress, type Address } from './address.ts';
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
const LINGER_MS = 600_000;

/** Somebody waits to hear who has an address. */
interface Run extends Address {
  timer: Disposable | undefined;
  heard(mac: string, ours: boolean): void;
}

/** What the link listens for beside what is asked for. */
interface Listening {
  /** Whether it listens for this address (text) anyway. */
  isHeard(address: string): boolean;
  /** What {@link AddressProbes.watched} gives has grown. */
  changed(): void;
}

/** Asks who has an address, for those who want to know and do not own it. */
export class AddressProbes {
  readonly #deps: ResponderDeps;
  readonly #listening: Listening;
  readonly #runs = new Map<string, Set<Run>>();
  /** When each address was last asked for that was not listened for otherwise then. */
  readonly #watched = new Map<string, number>();

  constructor(deps: ResponderDeps, listening: Listening) {
    this.#deps = deps;
    this.#listening = listening;
  }

  /** Whether nobody waits for an outcome. */
  get idle(): boolean {
    return this.#runs.size === 0;
  }

  /** The addresses to be listened for, as text; those not asked for in ten minutes are forgotten. */
  watched(): string[] {
    const nowMs = this.#deps.clock.nowMs();
    for (const [text, askedMs] of this.#watched) {
      if (nowMs - askedMs >= LINGER_MS) this.#watched.delete(text);
    }
    return [...new Set([...this.#watched.keys(), ...this.#runs.keys()])];
  }

  /** Asks three times; `done` is called once, at the end or as soon as a foreign machine claims it. Disposing ends it without a call. */
  start({ bytes, text }: Address, done: (outcome: ProbeOutcome) => void): Disposable {
    let sent = 0;
    let known: string | undefined;
    const finish = (outcome: ProbeOutcome): void => {
      this.#end(run);
      done(outcome);
    };
    const ask = (): void => {
      if (sent === PROBES) {
        finish(known === undefined ? { kind: 'clear' } : { kind: 'ours', mac: known });
      } else if (!this.#send(bytes)) {
        finish({ kind: 'unasked' });
      } else {
        sent++;
        run.timer = this.#deps.clock.timer(PROBE_INTERVAL_MS, ask);
      }
    };
    const run: Run = {
      bytes,
      text,
      timer: undefined,
      heard: (mac, ours) => {
        if (ours) known ??= mac;
        else finish({ kind: 'foreign', mac });
      },
    };
    this.#begin(run);
    ask();
    return { [Symbol.dispose]: () => this.#end(run) };
  }

  /** Asks once; `done` is called `waitMs` later with all that claimed it meanwhile. Disposing ends it without a call. */
  whoHas(
    { bytes, text }: Address,
    waitMs: number,
    done: (macs: readonly string[] | undefined) => void,
  ): Disposable {
    const macs = new Set<string>();
    const run: Run = { bytes, text, timer: undefined, heard: (mac) => void macs.add(mac) };
    this.#begin(run);
    const asked = this.#send(bytes);
    run.timer = this.#deps.clock.timer(asked ? waitMs : 0, () => {
      this.#end(run);
      done(asked ? [...macs] : undefined);
    });
    return { [Symbol.dispose]: () => this.#end(run) };
  }

  /** Somebody claims an address. Who only asks for it, as we do, claims nothing; what is ours may answer without being alive. */
  heard(address: Uint8Array, mac: string, ours: boolean): void {
    for (const run of Array.from(this.#runs.get(formatAddress(address)) ?? [])) {
      run.heard(mac, ours);
    }
  }

  /** Ends all, without a call. */
  close(): void {
    for (const runs of this.#runs.values()) for (const run of runs) this.#end(run);
  }

  #begin(run: Run): void {
    const { text } = run;
    this.#runs.set(text, (this.#runs.get(text) ?? new Set()).add(run));
    // There may be thousands that are ours, or stood by for.
    if (this.#listening.isHeard(text)) return;
    const known = this.#watched.has(text);
    // A whole number needs no room of its own.
    this.#watched.set(text, Math.floor(this.#deps.clock.nowMs()));
    if (!known) this.#listening.changed();
  }

  #send(bytes: Uint8Array): boolean {
    const { link } = this.#deps;
    return link.send(probe(bytes, link.mac)) === 'sent';
  }

  #end(run: Run): void {
    run.timer?.[Symbol.dispose]();
    const runs = this.#runs.get(run.text);
    runs?.delete(run);
    if (runs?.size === 0) this.#runs.delete(run.text);
  }
}
