import { TextsByKey } from './texts-by-key.ts';
import type { EndpointsView } from './views.ts';

/** The EndpointSlices of each Service, kept as the reflector reports them one by one. */
export class EndpointIndex {
  readonly #slices = new TextsByKey();
  readonly #viewOf: (slice: string) => EndpointsView | undefined;

  /** `viewOf`: the slice as it is now. */
  constructor(viewOf: (slice: string) => EndpointsView | undefined) {
    this.#viewOf = viewOf;
  }

  /** A slice appeared, changed or went away. Gives the Services that are touched: two where a slice changed hands. */
  set(slice: string, now: EndpointsView | undefined, before: EndpointsView | undefined): string[] {
    if (before === undefined && now !== undefined) {
      this.#slices.add(now.service, slice);
      return [now.service];
    }
    const services = [before?.service, now?.service].filter((service) => service !== undefined);
    const touched = [...new Set(services)];
    for (const service of touched) {
      if (now?.service === service) this.#slices.add(service, slice);
      else this.#slices.delete(service, slice);
    }
    return touched;
  }

  /** The slices of a Service (`namespace/name`). */
  of(service: string): EndpointsView[] {
    const views: EndpointsView[] = [];
    for (const slice of this.#slices.of(service)) {
      const view = this.#viewOf(slice);
      // A reflector that read all anew tells of the changes one by one, and shows all of them from the first on.
      if (view?.service === service) views.push(view);
    }
    return views;
  }
}
