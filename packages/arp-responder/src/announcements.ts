import {
  QUIET,
  announceStep,
  type AnnounceInput,
  type AnnounceState,
} from './announce-schedule.ts';
import { bytesOf, type AddressKey } from './address-key.ts';
import { announcement } from './announcement.ts';
import { endOf, type LinkRight, type LinkRights } from './link-rights.ts';
import type { ResponderDeps } from './responder-deps.ts';

/** An address that can be announced, while the right to answer for it runs. */
interface Announced {
  readonly key: AddressKey;
  readonly text: string;
  readonly right: LinkRight;
}

interface Announcing {
  state: AnnounceState;
  timer?: Disposable;
}

/** Announces addresses, each at its times. */
export class Announcements {
  readonly #deps: ResponderDeps;
  readonly #rights: LinkRights;
  readonly #refreshMs: number | undefined;
  readonly #under = new Map<Announced, Announcing>();

  constructor(deps: ResponderDeps, rights: LinkRights, refreshMs: number | undefined) {
    this.#deps = deps;
    this.#rights = rights;
    this.#refreshMs = refreshMs;
  }

  /** Begins the rounds, or begins them anew. */
  start(address: Announced): void {
    this.#step(address, { type: 'start', nowMs: this.#deps.clock.nowMs() });
  }

  /** Nothing more of it is announced. */
  stop(address: Announced): void {
    this.#step(address, { type: 'stop' });
  }

  /** One round, beside the others. */
  send(address: Announced): void {
    const { link, log, metrics } = this.#deps;
    const notAfterMs = this.#rights.read(address.right);
    const outcomes = announcement(bytesOf(address.key), link.mac).map((one) =>
      link.send(one, notAfterMs),
    );
    for (const outcome of outcomes) {
      if (outcome === 'sent') metrics?.announcementSent(address.text);
    }
    const failure = outcomes.find((outcome) => outcome !== 'sent');
    if (failure === undefined) return;
    log?.warn('announcement not sent', {
      interface: link.interfaceName,
      address: address.text,
      outcome: failure,
    });
  }

  #step(address: Announced, input: AnnounceInput): void {
    const announcing = this.#under.get(address) ?? { state: QUIET };
    const [state, effects] = announceStep(announcing.state, input, this.#refreshMs);
    announcing.state = state;
    if (state === QUIET) this.#under.delete(address);
    else this.#under.set(address, announcing);
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.send(address);
        continue;
      }
      announcing.timer?.[Symbol.dispose]();
      if (effect.type === 'wait') {
        announcing.timer = this.#deps.clock.timer(effect.ms, () => this.#onDue(address));
      }
    }
  }

  #onDue(address: Announced): void {
    const nowMs = this.#deps.clock.nowMs();
    this.#step(address, { type: 'due', nowMs, entitled: nowMs < endOf(address.right) });
  }
}
