import type { EventQueue } from './event-queue.ts';
import type { SimNode } from './sim-node.ts';

/** A process that goes on after it stood still reads what the API said within twice this. */
const THAWED_MS = 10;

interface ApiRecord {
  readonly term: number;
  readonly node: string;
}

/** The API server of a simulated cluster: a slow, reliable wire with compare-and-swap. */
export class SimApi {
  slow = false;
  /** What it takes one way, when it is not slow: drawn between these. */
  delayMs: readonly [number, number] = [5, 65];
  /** As a speaker does: not before a node was unheard for so long is its sign of life told of. */
  unheardMs = 0;
  /** Signs of life that came before are told of then; else they are lost. */
  keepsSigns = true;
  /** What a node was not told of it does not replace. */
  tellsFirst = true;
  writes = 0;
  readonly #queue: EventQueue;
  readonly #random: () => number;
  readonly #nodes: readonly SimNode[];
  readonly #records = new Map<string, ApiRecord>();
  readonly #told = new Map<SimNode, Map<string, ApiRecord>>();

  constructor(queue: EventQueue, random: () => number, nodes: readonly SimNode[]) {
    this.#queue = queue;
    this.#random = random;
    this.#nodes = nodes;
  }

  /** Tells a starting node all that is recorded, and renews its node Lease from now on. */
  greet(node: SimNode): void {
    node.tell({ kind: 'api-reachable', reachable: !node.apiCut });
    if (node.apiCut) return;
    for (const [address, record] of this.#records) this.#tellOf(node, address, record);
  }

  renewNodeLease(node: SimNode): void {
    if (node.isUp && !node.frozen && !node.apiCut) {
      for (const other of this.#nodes) {
        if (other === node) continue;
        this.#later(() => this.#tellOfLife(other, node, this.#queue.nowMs));
      }
    }
    this.#queue.at(this.#queue.nowMs + 10_000, () => this.renewNodeLease(node));
  }

  #tellOfLife(to: SimNode, of: SimNode, seenAtMs: number): void {
    if (to.state === undefined || to.frozen || to.apiCut) return;
    const evidenceAtMs = to.state.peers.get(of.id)?.evidenceAtMs ?? -Infinity;
    const agoMs = this.#queue.nowMs - seenAtMs;
    const waitMs = evidenceAtMs + this.unheardMs - to.localMs();
    if (waitMs <= 0) to.tell({ kind: 'api-alive', node: of.id, agoMs });
    else if (this.keepsSigns && evidenceAtMs < to.localMs() - agoMs) {
      this.#queue.at(this.#queue.nowMs + waitMs + 1, () => this.#tellOfLife(to, of, seenAtMs));
    }
  }

  /** A new address is to be announced: nodes are told one after the other. */
  introduce(address: string): void {
    for (const node of this.#nodes) this.#later(() => node.introduce(address));
  }

  /** @param known what the node knew when it wished this */
  record(
    node: SimNode,
    address: string,
    term: number,
    known: ApiRecord | undefined = this.#known(node).get(address),
  ): void {
    const { bootCount } = node;
    this.#later(() => {
      const own = node.state?.addresses.get(address);
      if (!node.isUp || node.bootCount !== bootCount) return;
      if (node.apiCut) {
        this.#queue.at(this.#queue.nowMs + 500, () => {
          const now = node.state?.addresses.get(address);
          const same = node.isUp && node.bootCount === bootCount && now?.term === term;
          if (same && now.mode !== 'idle') this.record(node, address, term, known);
        });
        return;
      }
      if (own === undefined) return;
      const stored = this.#records.get(address);
      const isOurs = stored === undefined || stored.node === node.id;
      // What was not known when the wish was made is told, and not replaced.
      const isKnown = isOurs || stored === known || !this.tellsFirst;
      if (!isKnown) this.#notify(node, address);
      else if (isOurs ? term >= (stored?.term ?? 0) : term > stored.term) {
        this.#records.set(address, { term, node: node.id });
        this.writes++;
        for (const other of this.#nodes) this.#notify(other, address);
      } else {
        this.#notify(node, address);
      }
    });
  }

  #notify(node: SimNode, address: string): void {
    this.#later(() => this.#tell(node, address));
  }

  #tell(node: SimNode, address: string): void {
    const record = this.#records.get(address);
    if (!node.isUp || record === undefined) return;
    if (node.frozen || node.apiCut) {
      // What came while a process stood still is in its socket.
      const waitMs = node.apiCut ? 300 : THAWED_MS * (1 + this.#random());
      this.#queue.at(this.#queue.nowMs + waitMs, () => this.#tell(node, address));
    } else {
      this.#tellOf(node, address, record);
    }
  }

  #tellOf(node: SimNode, address: string, record: ApiRecord): void {
    this.#known(node).set(address, record);
    node.tell({ kind: 'api-record', address, ...record });
  }

  /** What each node was told of last. */
  #known(node: SimNode): Map<string, ApiRecord> {
    const known = this.#told.get(node) ?? new Map<string, ApiRecord>();
    this.#told.set(node, known);
    return known;
  }

  #later(act: () => void): void {
    const [leastMs, mostMs] = this.slow ? [200, 1700] : this.delayMs;
    const delayMs = leastMs + this.#random() * (mostMs - leastMs);
    this.#queue.at(this.#queue.nowMs + delayMs, act);
  }
}
