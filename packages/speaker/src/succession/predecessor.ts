import type { Hmac } from '@picluster/l2-election';
import {
  codeOf,
  decodeMessage,
  encodeMessage,
  isAuthentic,
  misfit,
  type Facts,
  type Message,
} from './messages.ts';
import type { TextLine } from './text-line.ts';

/** One that is connected, but not prepared yet, is given so much time. Everything goes on meanwhile. */
const PREPARE_LIMIT_MS = 10_000;
/** One that does not answer within so long is not fit to go on with anything. */
const ANSWER_LIMIT_MS = 200;

/** What both ends of a succession work with. */
export interface SuccessionDeps {
  readonly hmac: Hmac;
  /** The keys of the electorate: the first signs, all are accepted. None yet: nobody is trusted. */
  readonly keys: () => readonly Uint8Array[];
  readonly facts: () => Facts;
  /** A text that was never used before. */
  readonly nonce: () => string;
  readonly clock: { nowMs(): number; timer(ms: number, fire: () => void): Disposable };
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

/** A process that waits for our end. */
interface Waiting {
  readonly line: TextLine;
  readonly nonce: string;
  prepared?: Extract<Message, { readonly kind: 'prepared' }>;
  /** What its clock showed when it said yes to our question. */
  yesMs?: number;
}

/**
 * The end of a speaker whose place another process on this node takes: that goes on with what this one knows, and nobody on the segment notices.
 *
 * 1. Whoever connects is told a nonce, and says when it is *prepared*: with its own nonce, the facts that must agree, and a code by the electorate's key.
 * 2. Told to stop, this one goes on answering and *asks* the first that is prepared and fits; that one makes sure that it has read all that waits, and says
 *    *yes* and what its clock shows, which must lie between our question and its answer.
 * 3. Only then, in one step, it stops answering, lets go of the lock, and sends the *states*, with a code over both nonces. From then on it says and answers
 *    nothing, whatever becomes of them. If they do not arrive, this node has fallen silent, as after a crash.
 *
 * Until the third step nothing has happened: where there is nobody, or nobody fit, or no answer, the other nodes are given what is held.
 */
export class Predecessor {
  readonly #deps: SuccessionDeps;
  readonly #waiting = new Set<Waiting>();
  /** Called at each message and each end of a connection. */
  #changed: () => void = () => {};

  constructor(deps: SuccessionDeps) {
    this.#deps = deps;
  }

  /** Whether anybody waits, prepared or not. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** A process waits at the other end of this line. */
  admit(line: TextLine): void {
    const waiting: Waiting = { line, nonce: this.#deps.nonce() };
    this.#waiting.add(waiting);
    line.onText((text) => this.#onText(waiting, text));
    line.onEnd(() => {
      this.#waiting.delete(waiting);
      this.#changed();
    });
    void line.send(encodeMessage({ kind: 'hello', nonce: waiting.nonce }));
  }

  /**
   * Hands on what `release` gives, by interface; that must end all answering and sending, and let go of the lock. `false`: nobody can take it, and
   * `release` was not called. Resolves when the states have left.
   */
  async handOn(release: () => Readonly<Record<string, string>>): Promise<boolean> {
    const { clock } = this.#deps;
    const untilMs = clock.nowMs() + PREPARE_LIMIT_MS;
    while (this.isAwaited) {
      const next = [...this.#waiting].find(({ prepared }) => prepared !== undefined);
      if (next === undefined) {
        const leftMs = untilMs - clock.nowMs();
        if (leftMs <= 0) return false;
        await this.#change(leftMs);
        continue;
      }
      const problem = this.#problemOf(next) ?? (await this.#ask(next));
      if (problem === undefined) {
        await next.line.send(this.#states(next, release()));
        return true;
      }
      this.#deps.log.warn('the process that waits cannot take over', { problem });
      this.#waiting.delete(next);
      next.line.close();
    }
    return false;
  }

  #onText(waiting: Waiting, text: string): void {
    const message = decodeMessage(text);
    if (typeof message === 'string') waiting.line.close();
    else if (message.kind === 'prepared') waiting.prepared = message;
    else if (message.kind === 'yes') waiting.yesMs = message.nowMs;
    this.#changed();
  }

  #problemOf({ prepared, nonce }: Waiting): string | undefined {
    if (prepared === undefined) return 'not prepared';
    const { hmac, keys, facts } = this.#deps;
    const said = [nonce, prepared.nonce, prepared.facts];
    if (!isAuthentic(hmac, keys(), prepared.code, 'prepared', said)) return 'not authentic';
    return misfit(facts(), prepared.facts);
  }

  /** What is wrong with its answer; `undefined`: it is ready at this moment. */
  async #ask(waiting: Waiting): Promise<string | undefined> {
    const { clock } = this.#deps;
    const askedMs = clock.nowMs();
    void waiting.line.send(encodeMessage({ kind: 'ask' }));
    while (!waiting.line.ended && waiting.yesMs === undefined) {
      const leftMs = askedMs + ANSWER_LIMIT_MS - clock.nowMs();
      if (leftMs <= 0) return 'no answer';
      await this.#change(leftMs);
    }
    const { yesMs } = waiting;
    if (waiting.line.ended || yesMs === undefined) return 'it ended';
    const nowMs = clock.nowMs();
    if (nowMs - askedMs > ANSWER_LIMIT_MS) return 'its answer came late';
    return yesMs >= askedMs && yesMs <= nowMs ? undefined : 'another clock';
  }

  #states({ prepared, nonce }: Waiting, states: Readonly<Record<string, string>>): string {
    const { hmac, keys } = this.#deps;
    const key = keys()[0] ?? new Uint8Array();
    const code = codeOf(hmac, key, 'states', [nonce, prepared?.nonce, states]);
    return encodeMessage({ kind: 'states', states, code });
  }

  #change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.timer(limitMs, () => this.#changed());
      this.#changed = () => {
        timer[Symbol.dispose]();
        this.#changed = () => {};
        resolve();
      };
    });
  }
}
