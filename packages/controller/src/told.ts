import type { Decision } from './converge.ts';
import type { Events } from './controller-deps.ts';
import { CONDITION } from '@picluster/api';
import type { ServiceView } from './service-view.ts';

/** Tells of each Service what is new, by events: what was told of it at its last turn is not told again as long as it stays so. */
export class Told {
  readonly #events: Pick<Events, 'service'>;
  readonly #texts = new Map<string, ReadonlySet<string>>();

  constructor(events: Pick<Events, 'service'>) {
    this.#events = events;
  }

  /** `service` is as it was before this turn: a refusal that its condition says already was told by whoever wrote that, perhaps before a restart. */
  tell(
    key: string,
    service: ServiceView,
    { events, verdict }: Pick<Decision, 'events' | 'verdict'>,
  ): void {
    const before = this.#texts.get(key);
    const isKnown = before === undefined && verdict !== undefined && says(service, verdict);
    const now = new Set<string>();
    for (const { type, reason, message } of events) {
      const text = JSON.stringify([service.uid, reason, message]);
      now.add(text);
      if (!isKnown && before?.has(text) !== true) {
        this.#events.service(service, type, reason, message);
      }
    }
    if (now.size > 0) this.#texts.set(key, now);
    else this.#texts.delete(key);
  }

  /** The Service is gone. */
  forget(key: string): void {
    this.#texts.delete(key);
  }
}

function says(
  service: ServiceView,
  { status, reason, message }: NonNullable<Decision['verdict']>,
): boolean {
  return service.conditions.some(
    (each) =>
      each.type === CONDITION.ADDRESS_ASSIGNED &&
      status === 'False' &&
      each.status === status &&
      each.reason === reason &&
      each.message === message,
  );
}
