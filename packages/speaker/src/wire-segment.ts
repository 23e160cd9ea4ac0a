import {
  L2Election,
  type ElectionLink,
  type L2ElectionDeps,
  type L2ElectionOptions,
  type Standing,
} from '@picluster/l2-election';

/** An interface that an election runs on. */
export interface SegmentLink extends ElectionLink {
  close(): void;
}

/** What a segment works with. The clock's timer of 0 ms must fire when the link has delivered all that waits. */
export interface WireSegmentDeps extends L2ElectionDeps {
  readonly link: SegmentLink;
}

/** What lives as long as a segment, and hears what this node no longer stands for. */
export interface SegmentFollower extends Disposable {
  resigned(address: string): void;
}

/** This node's part in the election on one interface: which addresses it stands for there, and whether anyone else may. */
export class WireSegment {
  readonly election: L2Election;
  readonly #link: SegmentLink;
  readonly #nodeName: string;
  readonly #standings = new Map<string, Standing>();
  /** Those of them that it does not stand for now. */
  readonly #aside = new Set<string>();
  #follower: SegmentFollower | undefined;
  /** For so many addresses another node may answer too. */
  #rivalled = 0;
  #alone = true;

  /** Takes part from now on. */
  constructor(deps: WireSegmentDeps, options: L2ElectionOptions) {
    this.#link = deps.link;
    this.#nodeName = options.nodeName;
    this.election = new L2Election(deps, options);
    this.election.setAlone(this.#alone);
  }

  /** The hardware address of the interface. */
  get mac(): Uint8Array {
    return this.#link.mac;
  }

  /** The addresses that this node stands for. */
  get addresses(): Iterable<string> {
    return this.#standings.keys();
  }

  /** Gives whether this is news. */
  stand(address: string, standing: Standing): boolean {
    const before = this.#standings.get(address);
    if (JSON.stringify(before) === JSON.stringify(standing)) return false;
    this.#standings.set(address, standing);
    this.#count(before, standing);
    if (!this.#aside.has(address)) this.election.stand(address, standing);
    return true;
  }

  resign(address: string): void {
    const before = this.#standings.get(address);
    if (before === undefined) return;
    this.#standings.delete(address);
    this.#aside.delete(address);
    this.election.resign(address);
    this.#count(before, undefined);
    this.#follower?.resigned(address);
  }

  /**
   * Gives the address, and all that belong together with it, to any other candidate but those of `except`, and does not stand for them until
   * {@link WireSegment.standAgain}.
   */
  setAside(address: string, except: (nodeName: string) => boolean): void {
    const unit = this.#unitOf(address).filter((one) => !this.#aside.has(one));
    for (const one of unit) {
      this.#aside.add(one);
      const standing = this.#standings.get(one);
      const { candidates } = standing ?? {};
      const fit = candidates && { candidates: candidates.filter((name) => !except(name)) };
      this.election.stand(one, { ...standing, ...fit });
    }
    if (unit.length > 0) this.election.resign(...unit);
  }

  /** Ends {@link WireSegment.setAside}. */
  standAgain(address: string): void {
    for (const one of this.#unitOf(address)) {
      const standing = this.#standings.get(one);
      if (this.#aside.delete(one) && standing !== undefined) this.election.stand(one, standing);
    }
  }

  #unitOf(address: string): string[] {
    const leadOf = (one: string): string => this.#standings.get(one)?.beside ?? one;
    const lead = leadOf(address);
    return [...this.#standings.keys()].filter((one) => leadOf(one) === lead);
  }

  /** Ends `follower` together with the segment. */
  followBy(follower: SegmentFollower): void {
    this.#follower = follower;
  }

  /** Hands everything over, and only then lets go of the interface. */
  async close(): Promise<void> {
    this.#follower?.[Symbol.dispose]();
    await this.election.stop();
    this.#link.close();
  }

  /** Where nobody else may answer for anything, silence on the segment is no reason to stop. */
  #count(before: Standing | undefined, now: Standing | undefined): void {
    this.#rivalled += Number(this.#isRivalled(now)) - Number(this.#isRivalled(before));
    const alone = this.#rivalled === 0;
    if (alone === this.#alone) return;
    this.#alone = alone;
    this.election.setAlone(alone);
  }

  #isRivalled(standing: Standing | undefined): boolean {
    if (standing === undefined) return false;
    return standing.candidates?.some((name) => name !== this.#nodeName) ?? true;
  }
}
