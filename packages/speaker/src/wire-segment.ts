import {
  L2Election,
  type ElectionLink,
  type ElectionState,
  type L2ElectionDeps,
  type L2ElectionOptions,
  type Standing,
} from '@picluster/l2-election';

/** An interface that an election runs on. */
interface SegmentLink extends ElectionLink {
  close(): void;
}

/** What a segment works with. */
export interface WireSegmentDeps extends L2ElectionDeps {
  readonly link: SegmentLink;
  /** Ours. */
  readonly nodeName: string;
}

/** What lives as long as a segment takes part, and hears what this node no longer stands for. */
export interface SegmentFollower extends Disposable {
  begin(): void;
  resigned(address: string): void;
}

/**
 * This node's part in the election on one interface: which addresses it stands for there, and whether anyone else may. Nothing is said there before it
 * is begun.
 */
export class WireSegment {
  readonly #deps: WireSegmentDeps;
  readonly #options: () => Omit<L2ElectionOptions, 'nodeName'>;
  #election: L2Election | undefined;
  readonly #standings = new Map<string, Standing>();
  /** Thousands of addresses may have the same, and keep one. */
  #lastStanding: Standing = {};
  /** Those of them that it does not stand for now. */
  readonly #aside = new Set<string>();
  #follower: SegmentFollower | undefined;
  /** For so many addresses another node may answer too. */
  #rivalled = 0;
  #alone = true;

  /** `options` are asked for when it begins. */
  constructor(deps: WireSegmentDeps, options: () => Omit<L2ElectionOptions, 'nodeName'>) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Takes part from now on; where another process of this node did so until now, with all that it knew. */
  begin(inherited?: ElectionState): void {
    const { nodeName } = this.#deps;
    const options = { nodeName, ...this.#options(), ...(inherited && { inherited }) };
    this.#election = new L2Election(this.#deps, options);
    this.#election.setAlone(this.#alone);
    for (const [address, standing] of this.#standings) {
      if (!this.#aside.has(address)) this.#election.stand(address, standing);
    }
    const left = [...(inherited?.addresses ?? [])].flatMap(([address, { candidacy }]) =>
      candidacy === undefined || this.#standings.has(address) ? [] : [address],
    );
    if (left.length > 0) this.#election.resign(...left);
    this.#follower?.begin();
  }

  /** `undefined` before it is begun. */
  get election(): L2Election | undefined {
    return this.#election;
  }

  /** The hardware address of the interface. */
  get mac(): Uint8Array {
    return this.#deps.link.mac;
  }

  /** The addresses that this node stands for. */
  get addresses(): Iterable<string> {
    return this.#standings.keys();
  }

  /** Gives whether this is news. */
  stand(address: string, standing: Standing): boolean {
    const before = this.#standings.get(address);
    if (before !== undefined && isSame(before, standing)) return false;
    if (!isSame(this.#lastStanding, standing)) this.#lastStanding = standing;
    this.#standings.set(address, this.#lastStanding);
    this.#count(before, standing);
    if (!this.#aside.has(address)) this.#election?.stand(address, standing);
    return true;
  }

  resign(address: string): void {
    const before = this.#standings.get(address);
    if (before === undefined) return;
    this.#standings.delete(address);
    this.#aside.delete(address);
    this.#election?.resign(address);
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
      this.#election?.stand(one, { ...standing, ...fit });
    }
    if (unit.length > 0) this.#election?.resign(...unit);
  }

  /** Ends {@link WireSegment.setAside}. */
  standAgain(address: string): void {
    for (const one of this.#unitOf(address)) {
      const standing = this.#standings.get(one);
      if (this.#aside.delete(one) && standing !== undefined) this.#election?.stand(one, standing);
    }
  }

  #unitOf(address: string): string[] {
    const leadOf = (one: string): string => this.#standings.get(one)?.beside ?? one;
    const lead = leadOf(address);
    return [...this.#standings.keys()].filter((one) => leadOf(one) === lead);
  }

  /** Begins and ends `follower` together with the segment. */
  followBy(follower: SegmentFollower): void {
    this.#follower = follower;
  }

  /** Hands everything over, and only then lets go of the interface. */
  async close(): Promise<void> {
    this.#follower?.[Symbol.dispose]();
    await this.#election?.stop();
    this.#deps.link.close();
  }

  /**
   * Ends at once and without a word, and gives what another process can begin with. The link stays open until the process ends, and is not used: to
   * close a packet socket takes the kernel up to 30 ms.
   */
  release(): ElectionState | undefined {
    this.#follower?.[Symbol.dispose]();
    return this.#election?.release();
  }

  /** Where nobody else may answer for anything, silence on the segment is no reason to stop. */
  #count(before: Standing | undefined, now: Standing | undefined): void {
    this.#rivalled += Number(this.#isRivalled(now)) - Number(this.#isRivalled(before));
    const alone = this.#rivalled === 0;
    if (alone === this.#alone) return;
    this.#alone = alone;
    this.#election?.setAlone(alone);
  }

  #isRivalled(standing: Standing | undefined): boolean {
    if (standing === undefined) return false;
    return standing.candidates?.some((name) => name !== this.#deps.nodeName) ?? true;
  }
}

/** Nearly always by the very same lists. */
function isSame(one: Standing, other: Standing): boolean {
  return (
    one.beside === other.beside &&
    isSameList(one.candidates, other.candidates) &&
    isSameList(one.preferred, other.preferred)
  );
}

function isSameList(one?: readonly string[], other?: readonly string[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
