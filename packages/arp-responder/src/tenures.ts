import { bytesOf } from './address-key.ts';
import type { Announcements } from './announcements.ts';
import { endOf, type LinkRights } from './link-rights.ts';
import type { Owned } from './owned-addresses.ts';
import { probe } from './probe.ts';
import type { ResponderDeps } from './responder-deps.ts';
import {
  newTenure,
  tenureStep,
  type Tenure,
  type TenureEffect,
  type TenureInput,
} from './tenure.ts';

/** Does what the {@link Tenure} of each owned address says. */
export class Tenures {
  readonly #deps: ResponderDeps;
  readonly #rights: LinkRights;
  readonly #announcements: Announcements;
  readonly #waits = new Map<Owned<Tenure>, Disposable>();

  constructor(deps: ResponderDeps, rights: LinkRights, announcements: Announcements) {
    this.#deps = deps;
    this.#rights = rights;
    this.#announcements = announcements;
  }

  /** What an address begins with that becomes ours: `step` it with `begin` as soon as it is listened for. */
  initial(fresh: boolean): Tenure {
    return newTenure(fresh && this.#deps.conflicts !== undefined);
  }

  step(owned: Owned<Tenure>, input: TenureInput): void {
    const [tenure, effects] = tenureStep(owned.state, input);
    owned.state = tenure;
    this.settle(owned);
    for (const effect of effects) this.#perform(owned, effect);
  }

  /** Only what is held is answered for and announced. */
  settle(owned: Owned<Tenure>): void {
    const withheld = owned.state.kind !== 'held';
    if (withheld !== owned.right.withheld) this.#rights.withhold(owned.right, withheld);
    if (withheld) this.#announcements.stop(owned);
  }

  /** A foreign machine claims it. Where our right has ended it may well have taken over. */
  claimed(owned: Owned<Tenure>, mac: string, tentative: boolean): void {
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs >= endOf(owned.right)) return;
    this.step(owned, { type: 'claim', mac, tentative, nowMs });
  }

  /** Announces it, where the right to answer runs and it is ours on the wire too. */
  announce(owned: Owned<Tenure>): void {
    const entitled = this.#deps.clock.nowMs() < endOf(owned.right);
    if (entitled && owned.state.kind === 'held') this.#announcements.start(owned);
  }

  /** Nobody can answer now. What waits goes on with `begin`. */
  pause(owned: Owned<Tenure>): void {
    this.#waits.get(owned)?.[Symbol.dispose]();
    this.#waits.delete(owned);
  }

  /** It is ours no more. */
  end(owned: Owned<Tenure>): void {
    this.pause(owned);
    this.#announcements.stop(owned);
  }

  #perform(owned: Owned<Tenure>, effect: TenureEffect): void {
    const { link, clock, conflicts, log } = this.#deps;
    const fields = { interface: link.interfaceName, address: owned.text };
    switch (effect.type) {
      case 'probe':
        link.send(probe(bytesOf(owned.key), link.mac));
        break;
      case 'wait':
        this.pause(owned);
        if (!link.up) break;
        this.#waits.set(
          owned,
          clock.timer(effect.ms, () => this.step(owned, { type: 'due' })),
        );
        break;
      case 'announce':
        this.announce(owned);
        break;
      case 'defend':
        this.#announcements.send(owned);
        break;
      case 'conflict':
        log?.warn('another machine uses the address', {
          ...fields,
          mac: effect.mac,
          yielded: effect.yielded,
        });
        conflicts?.conflict(owned.text, effect.mac, effect.yielded);
        break;
      case 'cleared':
        log?.info('the other machine no longer uses the address', fields);
        conflicts?.cleared(owned.text);
        break;
    }
  }
}
