import type { EndpointsView } from './views.ts';

interface Kept {
  readonly slice: string;
  readonly view: EndpointsView;
}

/** The EndpointSlices of each Service, kept as the reflector reports them one by one. */
export class EndpointIndex {
  /** Mostly one: an array takes half of what a Map would. */
  readonly #slices = new Map<string, readonly Kept[]>();

  /** A slice appeared, changed or went away. Gives the Services that are touched: two where a slice changed hands. */
  set(slice: string, now: EndpointsView | undefined, before: EndpointsView | undefined): string[] {
    const services = [before?.service, now?.service].filter((service) => service !== undefined);
    const touched = [...new Set(services)];
    for (const service of touched) {
      const others = (this.#slices.get(service) ?? []).filter((kept) => kept.slice !== slice);
      const views = now?.service === service ? others.concat({ slice, view: now }) : others;
      if (views.length === 0) this.#slices.delete(service);
      else this.#slices.set(service, views);
    }
    return touched;
  }

  /** The slices of a Service (`namespace/name`). */
  of(service: string): EndpointsView[] {
    return (this.#slices.get(service) ?? []).map(({ view }) => view);
  }
}
