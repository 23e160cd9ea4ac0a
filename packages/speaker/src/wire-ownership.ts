import type { OwnershipListener, OwnershipStrategy, Standing } from './ownership.ts';
import type { WireSegment } from './wire-segment.ts';

/** What the strategy works with. */
export interface WireOwnershipDeps {
  /** Makes this node's part in the election on an interface; it reports to the given listener. */
  readonly segmentOn: (interfaceName: string, listener: OwnershipListener) => WireSegment;
  readonly listener: OwnershipListener;
  /** This node stands for an address on an interface, or does so otherwise than before. */
  readonly onStand?: (address: string, interfaceName: string) => void;
  /** The interface, if it is among these, on which to take part before any address wants it: the first one then need not wait. */
  readonly early?: (interfaceNames: readonly string[]) => string | undefined;
  /** This node takes no part on the interface any more. */
  readonly onEnd?: (interfaceName: string) => void;
  readonly log: { info(message: string, fields?: Record<string, unknown>): void };
}

/**
 * The strategy `wire`: on each interface the nodes that hear each other there settle who answers. Addresses are settled one by one and on each
 * interface apart: nodes need not have the same interfaces.
 */
export class WireOwnership implements OwnershipStrategy {
  readonly #deps: WireOwnershipDeps;
  readonly #segments = new Map<string, WireSegment>();
  readonly #leaving = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: WireOwnershipDeps) {
    this.#deps = deps;
  }

  /** The segments by interface. */
  get segments(): ReadonlyMap<string, WireSegment> {
    return this.#segments;
  }

  stand(address: string, { interfaces, ...standing }: Standing): void {
    if (this.#stopped) return;
    for (const [name, segment] of this.#segments) {
      if (!interfaces.includes(name)) segment.resign(address);
    }
    for (const name of interfaces) {
      const segment = this.#segments.get(name) ?? this.#begin(name);
      if (segment.stand(address, standing)) this.#deps.onStand?.(address, name);
    }
  }

  resign(address: string): void {
    for (const segment of this.#segments.values()) segment.resign(address);
  }

  retain(interfaceNames: readonly string[]): void {
    for (const [name, segment] of this.#segments) {
      if (interfaceNames.includes(name)) continue;
      this.#segments.delete(name);
      this.#deps.log.info('election ended', { interface: name });
      const over = segment.close().finally(() => {
        this.#leaving.delete(over);
        if (!this.#segments.has(name)) this.#deps.onEnd?.(name);
      });
      this.#leaving.add(over);
    }
    const early = this.#deps.early?.(interfaceNames);
    if (early !== undefined && !this.#stopped && !this.#segments.has(early)) this.#begin(early);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.retain([]);
    await Promise.all(this.#leaving);
  }

  #begin(interfaceName: string): WireSegment {
    const segment = this.#deps.segmentOn(interfaceName, this.#deps.listener);
    this.#segments.set(interfaceName, segment);
    this.#deps.log.info('election begun', { interface: interfaceName });
    return segment;
  }
}
