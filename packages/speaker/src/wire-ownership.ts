import type { ElectionState } from '@picluster/l2-election';
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
  #names: readonly string[] | undefined;
  readonly #leaving = new Set<Promise<void>>();
  #begun = false;
  #stopped = false;

  constructor(deps: WireOwnershipDeps) {
    this.#deps = deps;
  }

  /** The segments by interface. */
  get segments(): ReadonlyMap<string, WireSegment> {
    return this.#segments;
  }

  /** Their names: the same list for as long as they are the same. */
  get segmentNames(): readonly string[] {
    this.#names ??= [...this.#segments.keys()];
    return this.#names;
  }

  /** Takes part from now on, everywhere; on the interfaces where another process of this node did so until now, with all that it knew. */
  begin(inherited: ReadonlyMap<string, ElectionState> = new Map()): void {
    if (this.#stopped) return;
    this.#begun = true;
    for (const [name, segment] of this.#segments) {
      segment.begin(inherited.get(name));
      this.#deps.log.info('election begun', { interface: name, inherited: inherited.has(name) });
      for (const address of segment.addresses) this.#deps.onStand?.(address, name);
    }
  }

  /** Ends everywhere at once and without a word; gives what another process can begin with, by interface. */
  release(): ReadonlyMap<string, ElectionState> {
    this.#stopped = true;
    const states = new Map<string, ElectionState>();
    for (const [name, segment] of this.#segments) {
      const state = segment.release();
      if (state !== undefined) states.set(name, state);
      this.#deps.onEnd?.(name);
    }
    this.#segments.clear();
    this.#names = undefined;
    return states;
  }

  stand(address: string, { interfaces, ...standing }: Standing): void {
    if (this.#stopped) return;
    for (const [name, segment] of this.#segments) {
      if (!interfaces.includes(name)) segment.resign(address);
    }
    for (const name of interfaces) {
      const segment = this.#segments.get(name) ?? this.#join(name);
      const isNews = segment.stand(address, standing);
      if (isNews && this.#begun) this.#deps.onStand?.(address, name);
    }
  }

  resign(address: string): void {
    for (const segment of this.#segments.values()) segment.resign(address);
  }

  retain(interfaceNames: readonly string[]): void {
    for (const [name, segment] of this.#segments) {
      if (interfaceNames.includes(name)) continue;
      this.#segments.delete(name);
      this.#names = undefined;
      this.#deps.log.info('election ended', { interface: name });
      const over = segment.close().finally(() => {
        this.#leaving.delete(over);
        if (!this.#segments.has(name)) this.#deps.onEnd?.(name);
      });
      this.#leaving.add(over);
    }
    const early = this.#deps.early?.(interfaceNames);
    if (early !== undefined && !this.#stopped && !this.#segments.has(early)) this.#join(early);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.retain([]);
    await Promise.all(this.#leaving);
  }

  #join(interfaceName: string): WireSegment {
    const segment = this.#deps.segmentOn(interfaceName, this.#deps.listener);
    this.#segments.set(interfaceName, segment);
    this.#names = undefined;
    if (this.#begun) segment.begin();
    this.#deps.log.info(this.#begun ? 'election begun' : 'election prepared', {
      interface: interfaceName,
    });
    return segment;
  }
}
