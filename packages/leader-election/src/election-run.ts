import type { Step } from './elector-machine.ts';
import type { ElectorSettings } from './elector-options.ts';
import {
  type ElectorEffect,
  type ElectorInput,
  type ElectorState,
  initialState,
  type LossReason,
} from './elector-state.ts';
import { LeaderElectionError } from './leader-election-error.ts';
import type { Lead, LeaderElectorDeps } from './elector-deps.ts';
import type { LeaseRecord } from './lease-lock.ts';
import { RunningTerm } from './running-term.ts';
import type { Term } from './term.ts';

type Request = Extract<ElectorEffect, { kind: 'get' | 'create' | 'update' }>;
type WithoutMoment<Input> = Input extends unknown ? Omit<Input, 'at'> : never;
type Happening = WithoutMoment<ElectorInput>;

const lossMessages = {
  expired: 'the lease was not renewed before the renew deadline',
  taken: 'somebody else holds the lease',
  stopped: 'the elector was stopped',
} as const satisfies Record<LossReason, string>;

/** One run of an elector: the shell that gives the machine its moments and performs its effects. */
export class ElectionRun {
  readonly #deps: LeaderElectorDeps;
  readonly #step: Step;
  readonly #lead: Lead;
  readonly #onObserved: (holder: string) => void;
  readonly #fields: { readonly lease: string; readonly identity: string };
  readonly #over = Promise.withResolvers<void>();
  readonly #happenings: Happening[] = [];
  #state: ElectorState;
  #busy = false;
  #term: RunningTerm | undefined;
  #wait: Disposable | undefined;
  #request: { readonly abort: AbortController; readonly deadline: Disposable } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    deps: LeaderElectorDeps,
    settings: ElectorSettings,
    step: Step,
    lead: Lead,
    onObserved: (holder: string) => void,
  ) {
    this.#deps = deps;
    this.#step = step;
    this.#lead = lead;
    this.#onObserved = onObserved;
    this.#fields = { lease: deps.lock.description, identity: settings.identity };
    this.#state = initialState(settings);
  }

  get term(): Term | undefined {
    return this.#term;
  }

  /** Starts the run; settles when it is over. */
  untilOver(): Promise<void> {
    this.#deps.metrics?.masterStatus(false);
    this.#feed({ kind: 'start' });
    return this.#over.promise;
  }

  stop(): void {
    this.#feed({ kind: 'stop' });
  }

  /** One input at a time: what an effect causes at once (an abort listener that stops the run) waits for its turn. */
  #feed(happening: Happening): void {
    this.#happenings.push(happening);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#happenings.shift(); next !== undefined; next = this.#happenings.shift()) {
      const { clock, random } = this.#deps;
      const at = { nowMs: clock.nowMs(), wallMs: clock.wallMs(), random: random() };
      const [state, effects] = this.#step(this.#state, { ...next, at });
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#busy = false;
  }

  #perform(effect: ElectorEffect): void {
    switch (effect.kind) {
      case 'get':
      case 'create':
      case 'update':
        this.#send(effect);
        break;
      case 'cancel':
        this.#endRequest();
        break;
      case 'wait':
        this.#waitUntil(effect.atMs);
        break;
      case 'lead':
        this.#startTerm(effect.token, effect.untilMs);
        break;
      case 'extend':
        this.#term?.extend(effect.untilMs);
        break;
      case 'lost':
        this.#endTerm(effect.reason);
        break;
      case 'observed':
        this.#observe(effect.holder);
        break;
      case 'finished':
        this.#finish(effect.outcome);
        break;
    }
  }

  #send(request: Request): void {
    this.#wait?.[Symbol.dispose]();
    const abort = new AbortController();
    const { clock } = this.#deps;
    const deadline = clock.timer(request.deadlineMs - clock.nowMs(), () => {
      answer({ kind: 'failed' }, new Error('no answer before the deadline'));
    });
    const current = { abort, deadline };
    const answer = (happening: Happening, error?: Error): void => {
      // An answer that comes after its request was given up no longer counts.
      if (this.#request !== current) return;
      this.#endRequest();
      if (error !== undefined) {
        this.#deps.metrics?.requestFailed(request.kind);
        this.#deps.log?.warn('lease request failed', {
          ...this.#fields,
          request: request.kind,
          error: error.message,
        });
      }
      this.#feed(happening);
    };
    this.#request = current;
    this.#ask(request, abort.signal).then(answer, (error: unknown) => {
      answer(
        { kind: 'failed' },
        error instanceof Error ? error : new Error('rejected without an error'),
      );
    });
  }

  #endRequest(): void {
    this.#request?.deadline[Symbol.dispose]();
    this.#request?.abort.abort();
    this.#request = undefined;
  }

  #waitUntil(atMs: number): void {
    this.#wait?.[Symbol.dispose]();
    this.#wait = this.#deps.clock.timer(Math.max(0, atMs - this.#deps.clock.nowMs()), () => {
      this.#feed({ kind: 'wake' });
    });
  }

  #startTerm(token: number, untilMs: number): void {
    this.#deps.log?.info('lease acquired', { ...this.#fields, token });
    this.#deps.metrics?.masterStatus(true);
    const term = new RunningTerm(this.#deps.clock, token, untilMs, () => {
      this.#feed({ kind: 'term-over' });
    });
    this.#term = term;
    void this.#work(term);
  }

  async #work(term: Term): Promise<void> {
    try {
      await this.#lead(term);
    } catch (error) {
      this.#failure ??= { error };
      this.#feed({ kind: 'stop' });
    }
    this.#feed({ kind: 'work-done' });
  }

  #endTerm(reason: LossReason): void {
    const term = this.#term;
    if (term === undefined) return;
    this.#term = undefined;
    term.end(
      new LeaderElectionError(reason, lossMessages[reason], { ...this.#fields, token: term.token }),
    );
    this.#deps.metrics?.masterStatus(false);
    const fields = { ...this.#fields, token: term.token, reason };
    if (reason === 'stopped') this.#deps.log?.info('lease lost', fields);
    else this.#deps.log?.warn('lease lost', fields);
  }

  #observe(holder: string): void {
    this.#deps.log?.info('new leader observed', { ...this.#fields, holder });
    try {
      this.#onObserved(holder);
    } catch (error) {
      this.#failure ??= { error };
      this.#feed({ kind: 'stop' });
    }
  }

  #finish(outcome: Extract<ElectorEffect, { kind: 'finished' }>['outcome']): void {
    this.#wait?.[Symbol.dispose]();
    this.#endRequest();
    if (outcome === 'released') this.#deps.log?.info('lease released', this.#fields);
    if (outcome === 'still-working') {
      this.#deps.log?.error('lease not released: the work did not end in its term', this.#fields);
    }
    if (this.#failure === undefined) this.#over.resolve();
    else this.#over.reject(this.#failure.error);
  }

  async #ask(request: Request, signal: AbortSignal): Promise<Happening> {
    const { lock } = this.#deps;
    if (request.kind === 'get') {
      const found = await lock.get(signal);
      const holderDead = found !== undefined && (await this.#isDead(found.record));
      return { kind: 'read', found, holderDead };
    }
    const written =
      request.kind === 'create'
        ? await lock.create(request.record, signal)
        : await lock.update(request.record, request.version, signal);
    return written === 'conflict'
      ? { kind: 'conflict' }
      : { kind: 'written', version: written.version };
  }

  /** Whether the holder is known to have ended. In doubt it lives. */
  async #isDead(record: LeaseRecord): Promise<boolean> {
    const { knownDead, log } = this.#deps;
    const { holderIdentity: holder } = record;
    if (knownDead === undefined || holder === '' || holder === this.#fields.identity) return false;
    try {
      const dead = await knownDead(record);
      if (dead) log?.info('lease holder is known to be dead', { ...this.#fields, holder });
      return dead;
    } catch (error) {
      log?.warn('cannot tell whether the lease holder is dead', { ...this.#fields, holder, error });
      return false;
    }
  }
}
