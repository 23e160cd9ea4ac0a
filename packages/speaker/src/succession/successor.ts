import { decodeState, type ElectionState } from '@picluster/l2-election';
import { codeOf, decodeMessage, encodeMessage, isAuthentic, type Message } from './messages.ts';
import type { SuccessionDeps } from './predecessor.ts';
import type { TextLine } from './text-line.ts';

/** What a successor works with. */
export interface SuccessorDeps extends SuccessionDeps {
  /** Reads all that waits in the sockets of the elections and throws it away; resolves right after that. */
  readonly readAll: () => Promise<void>;
}

/** The other end of a succession, see {@link Predecessor}: a process that waits for the end of the one before it. */
export class Successor {
  readonly #deps: SuccessorDeps;
  #isPrepared = false;
  #line: TextLine | undefined;
  #hello: string | undefined;
  #nonce = '';
  /** The facts as they were told, as JSON. */
  #told = '';
  #readAllAtMs = -Infinity;
  #inherited: ReadonlyMap<string, ElectionState> | undefined;

  constructor(deps: SuccessorDeps) {
    this.#deps = deps;
  }

  /** From now on this process can go on with what the other knows. */
  prepared(): void {
    this.#isPrepared = true;
    this.#introduce();
  }

  /** Follows the process at the other end of this line. Resolves as soon as there is something to go on with, or the line is over. */
  meet(line: TextLine): Promise<void> {
    this.#line = line;
    this.#hello = undefined;
    this.#inherited = undefined;
    return new Promise((resolve) => {
      line.onEnd(resolve);
      line.onText((text) => {
        const message = decodeMessage(text);
        if (typeof message === 'string') line.close();
        else void this.#on(message, line).then(() => this.#inherited && resolve());
      });
    });
  }

  /** What was inherited, by interface, once: the next call gives nothing. */
  inherited(): ReadonlyMap<string, ElectionState> | undefined {
    const inherited = this.#inherited;
    this.#inherited = undefined;
    return inherited;
  }

  async #on(message: Message, line: TextLine): Promise<void> {
    if (message.kind === 'hello') {
      this.#hello = message.nonce;
      this.#introduce();
    } else if (message.kind === 'ask') {
      // What it was told may not be so any more. It takes no answer for a no.
      if (JSON.stringify(this.#deps.facts()) !== this.#told) return;
      await this.#deps.readAll();
      const { clock } = this.#deps;
      this.#readAllAtMs = clock.nowMs();
      await line.send(encodeMessage({ kind: 'yes', nowMs: this.#readAllAtMs }));
    } else if (message.kind === 'states') {
      this.#inherit(message);
    }
  }

  #introduce(): void {
    if (!this.#isPrepared || this.#hello === undefined) return;
    const { hmac, keys, nonce } = this.#deps;
    this.#nonce = nonce();
    const facts = this.#deps.facts();
    this.#told = JSON.stringify(facts);
    const said = [this.#hello, this.#nonce, facts];
    const code = codeOf(hmac, keys()[0] ?? new Uint8Array(), 'prepared', said);
    void this.#line?.send(encodeMessage({ kind: 'prepared', nonce: this.#nonce, facts, code }));
  }

  /** What arrived since we last read all is ours to judge, so frames are dated from there. */
  #inherit({ states, code }: Extract<Message, { readonly kind: 'states' }>): void {
    const { hmac, keys, log } = this.#deps;
    const said = [this.#hello, this.#nonce, states];
    if (!isAuthentic(hmac, keys(), code, 'states', said)) {
      log.warn('nothing inherited', { problem: 'not authentic' });
      return;
    }
    const inherited = new Map<string, ElectionState>();
    for (const [name, written] of Object.entries(states)) {
      const state = decodeState(written);
      if (typeof state === 'string') {
        log.warn('nothing inherited', { problem: state });
        return;
      }
      const readAllAtMs = Math.min(state.readAllAtMs, this.#readAllAtMs);
      inherited.set(name, { ...state, readAllAtMs });
    }
    this.#inherited = inherited;
  }
}
