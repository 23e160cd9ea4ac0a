import type { EndpointsView } from './views.ts';

/** The EndpointSlices of each Service, kept as the reflector reports them one by one. */
export class EndpointIndex {
  readonly #slices = new Map<string, Map<string, EndpointsView>>();

  /** A slice appeared, changed or went away. Gives the Services that are touched: two where a slice changed hands. */
  set(slice: string, now: EndpointsView | undefined, before: EndpointsView | undefined): string[] {
    if (before !== undefined) {
      const slices = this.#slices.get(before.service);
      slices?.delete(slice);
      if (slices?.size === 0) this.#slices.delete(before.service);
    }
    if (now !== undefined) {
      const slices = this.#slices.get(now.service) ?? new Map<string, EndpointsView>();
      this.#slices.set(now.service, slices.set(slice, now));
    }
    const services = [before?.service, now?.service].filter((service) => service !== undefined);
    return [...new Set(services)];
  }

  /** The slices of a Service (`namespace/name`). */
  of(service: string): EndpointsView[] {
    return [...(this.#slices.get(service)?.values() ?? [])];
  }
}
