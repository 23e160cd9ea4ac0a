import { seededRandom } from '@picluster/testkit';
import {
  type ElectionEffect,
  hasLeft,
  step,
  type Step,
  type Timings,
  wiredTimings,
} from '../src/index.ts';
import { EventQueue } from './event-queue.ts';
import type { Fault } from './faults.ts';
import { Oracle } from './oracle.ts';
import { SimApi } from './sim-api.ts';
import { type SimFrame, SimNode, type SimWorld } from './sim-node.ts';

export interface SegmentOptions {
  readonly nodes: number;
  readonly addresses: number;
  /** So many more that nobody stands for until `introduce` is called. */
  readonly newAddresses?: number;
  readonly timings?: Timings;
  /** The chance of each frame to be lost on its way to each receiver, to arrive twice, and to arrive up to 3 s late. */
  readonly loss?: number;
  readonly duplicates?: number;
  readonly late?: number;
  /** Clock rates are drawn within 1 ± this. Default: the stated 1 %. */
  readonly drift?: number;
  /** The chance of a node to have a wall clock that is hours off. */
  readonly wrongWallClocks?: number;
  /** Nodes start within so many milliseconds. */
  readonly startWithinMs?: number;
  readonly withApi?: boolean;
  /** Beside which other address a node thinks that an address belongs. Default: each stands alone. */
  readonly beside?: (address: string, node: number) => string | undefined;
  /** More than half of the nodes must agree. */
  readonly strict?: boolean;
  /** Broken on purpose. */
  readonly machine?: Step;
  readonly answersFirst?: boolean;
  readonly startsSlowly?: boolean;
}

const recordedFrames = 400;

/** A whole segment from one seed: nodes, wire, gateway, API server, faults and an oracle that watches the answers. */
export class Segment implements SimWorld {
  readonly queue: EventQueue = new EventQueue();
  readonly random: () => number;
  readonly timings: Timings;
  readonly members: number;
  readonly step: Step;
  readonly answersFirst: boolean;
  readonly startsSlowly: boolean;
  readonly nodes: readonly SimNode[];
  readonly addresses: readonly string[];
  readonly oracle: Oracle;
  readonly api: SimApi;
  readonly effects = new Map<ElectionEffect['kind'], number>();
  trace: ((line: string) => void) | undefined;
  loss: number;
  frames = 0;
  turns = 0;
  allLost = false;
  calm = false;
  readonly #late: number;
  readonly #duplicates: number;
  readonly #withApi: boolean;
  readonly #cut: boolean[][];
  readonly #recorded: SimFrame[] = [];
  #boots = 0;

  constructor(seed: number, options: SegmentOptions) {
    this.random = seededRandom(seed);
    this.timings = options.timings ?? wiredTimings;
    this.members = options.strict === true ? options.nodes : 0;
    this.step = options.machine ?? step;
    this.answersFirst = options.answersFirst ?? false;
    this.startsSlowly = options.startsSlowly ?? false;
    this.loss = options.loss ?? 0;
    this.#late = options.late ?? 0;
    this.#duplicates = options.duplicates ?? 0;
    this.#withApi = options.withApi ?? true;
    const count = options.addresses + (options.newAddresses ?? 0);
    this.addresses = Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`);
    const drift = options.drift ?? 0.01;
    this.nodes = Array.from({ length: options.nodes }, (_, index) => {
      const wrong = this.random() < (options.wrongWallClocks ?? 0);
      return new SimNode(this, {
        index,
        addresses: this.addresses.slice(0, options.addresses),
        beside: options.beside ?? (() => undefined),
        alone: options.nodes === 1,
        rate: 1 + (this.random() * 2 - 1) * drift,
        offsetMs: this.random() * 1e6,
        wallMs: 1_790_000_000_000 + (wrong ? (this.random() - 0.5) * 1e10 : this.random() * 1000),
      });
    });
    this.#cut = this.nodes.map(() => this.nodes.map(() => false));
    this.oracle = new Oracle(this.nodes, this.addresses, this.timings, this.members > 0);
    this.api = new SimApi(this.queue, this.random, this.nodes);
    for (const node of this.nodes) {
      this.queue.at(this.random() * (options.startWithinMs ?? 0), () => this.boot(node));
      if (this.#withApi) {
        this.queue.at(this.random() * 1000, () => this.api.renewNodeLease(node));
      }
    }
  }

  run(untilMs: number): void {
    this.queue.runUntil(untilMs, () => this.oracle.violations.length > 0);
  }

  boot(node: SimNode): void {
    node.boot(++this.#boots);
    if (this.#withApi) this.api.greet(node);
    this.trace?.(`${this.#now()} ${node.index} starts`);
  }

  // --- the world that nodes see ------------------------------------------------------------------------------------------------------

  look(): void {
    this.oracle.look(this.queue.nowMs);
  }

  heard(by: SimNode, from: string, frame: SimFrame): void {
    if (this.queue.nowMs - frame.sentMs > this.timings.delayMs + 1) return;
    this.oracle.heard(by.index, this.indexOf(from), this.queue.nowMs);
  }

  act(node: SimNode, effect: ElectionEffect): void {
    this.effects.set(effect.kind, (this.effects.get(effect.kind) ?? 0) + 1);
    if (effect.kind === 'send') this.#broadcast(node, effect.heartbeat);
    else if (effect.kind === 'solicit') this.#solicit(node);
    else if (effect.kind === 'record' && this.#withApi) {
      this.api.record(node, effect.address, effect.term);
    }
    if (this.trace !== undefined && effect.kind !== 'send' && effect.kind !== 'solicit') {
      this.trace(`${this.#now()} ${node.index} ${JSON.stringify(effect)}`);
    }
    if (node.ending && node.state !== undefined && hasLeft(node.state)) {
      node.ending = false;
      const { bootCount } = node;
      this.queue.at(this.queue.nowMs + 20, () => {
        if (node.bootCount === bootCount && node.isUp) node.crash();
      });
    }
  }

  indexOf(id: string): number {
    return this.nodes.findIndex((node) => node.id === id);
  }

  #now(): string {
    return this.queue.nowMs.toFixed(1).padStart(9);
  }

  #broadcast(from: SimNode, heartbeat: SimFrame['heartbeat']): void {
    this.frames++;
    const frame: SimFrame = { heartbeat, sentMs: this.queue.nowMs, mac: `mac-${from.index}` };
    if (from.mute || from.linkDown || this.allLost) return;
    if (this.#recorded.length < recordedFrames) this.#recorded.push(frame);
    else this.#recorded[this.frames % recordedFrames] = frame;
    for (const to of this.nodes) {
      if (to === from || this.#cut[from.index]?.[to.index] === true) continue;
      const copies = this.random() < this.#duplicates ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.random() >= this.loss) this.#deliver(to, frame, this.#delayMs());
      }
    }
  }

  #delayMs(): number {
    const dice = this.random();
    if (dice < this.#late) return this.timings.delayMs + this.random() * 3000;
    if (dice > 0.98) return this.random() * this.timings.delayMs;
    return 0.05 + this.random();
  }

  #deliver(to: SimNode, frame: SimFrame, delayMs: number): void {
    const { bootCount } = to;
    if (!to.listens || to.deaf || to.linkDown) return;
    this.queue.at(this.queue.nowMs + delayMs, () => {
      if (to.bootCount === bootCount && !to.deaf && !to.linkDown) to.receive(frame);
    });
  }

  /** The gateway answers, unless something is broken. */
  #solicit(node: SimNode): void {
    const reaches = (): boolean =>
      !node.mute &&
      !node.deaf &&
      !node.linkDown &&
      !node.gatewayCut &&
      !this.allLost &&
      this.random() >= this.loss;
    if (!reaches()) return;
    this.queue.at(this.queue.nowMs + 2 * this.#delayMs(), () => {
      if (reaches()) node.tell({ kind: 'foreign-frame' });
    });
  }

  // --- faults ------------------------------------------------------------------------------------------------------------------------

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      const begin = this.#begin(fault);
      if (begin === undefined) continue;
      this.queue.at(fault.atMs, () => {
        if (this.calm) return;
        this.trace?.(`${this.#now()} ${fault.kind} ${JSON.stringify(fault)}`);
        const end = begin();
        this.queue.at(this.queue.nowMs + fault.forMs, () => {
          if (this.calm) return;
          this.trace?.(`${this.#now()} end of ${fault.kind} ${fault.node}`);
          end();
        });
      });
    }
  }

  /** Ends all faults at once, and starts what is dead. */
  calmDown(): void {
    this.calm = true;
    this.allLost = false;
    this.api.slow = false;
    this.loss = Math.min(this.loss, 0.01);
    this.trace?.(`${this.#now()} all faults end`);
    for (const node of this.nodes) {
      this.#cut[node.index]?.fill(false);
      node.deaf = false;
      node.mute = false;
      node.gatewayCut = false;
      this.setLink(node, true);
      this.setApi(node, true);
      if (node.ending || node.state?.leaving === true) node.crash();
      if (!node.isUp) this.boot(node);
      for (const address of node.addresses) node.stand(address);
    }
    // Last: who is thawed reads before it answers, so nobody may look at it before its turn.
    for (const node of this.nodes) node.thaw();
  }

  /** What happens when the fault begins, which returns what happens when it ends; `undefined` where the fault makes no sense. */
  #begin(fault: Fault): (() => () => void) | undefined {
    const node = this.nodes[fault.node];
    const other = this.nodes[fault.other];
    if (node === undefined || other === undefined) return undefined;
    const toggle = (set: (on: boolean) => void) => () => {
      set(true);
      return () => set(false);
    };
    const afterwards = (begin: () => void) => () => {
      begin();
      return () => {
        if (!node.isUp) this.boot(node);
      };
    };
    switch (fault.kind) {
      case 'one-way':
        return node === other ? undefined : toggle((on) => this.cut(node, other, on));
      case 'partition':
        return () => this.#part(fault);
      case 'link-down':
        return toggle((on) => this.setLink(node, !on));
      case 'deaf':
        return toggle((on) => (node.deaf = on));
      case 'mute':
        return toggle((on) => (node.mute = on));
      case 'freeze':
        return () => this.#freeze(node);
      case 'crash':
        return afterwards(() => node.crash());
      case 'stop':
        return afterwards(() => this.#stop(node));
      case 'succeed':
        return () => this.#succeed(node, fault);
      case 'resign': {
        const address = this.addresses[fault.address] ?? '';
        return toggle((on) => (on ? node.tell({ kind: 'resign', address }) : node.stand(address)));
      }
      case 'api-cut':
        return toggle((on) => this.setApi(node, !on));
      case 'api-slow':
        return toggle((on) => (this.api.slow = on));
      case 'all-lost':
        return toggle((on) => (this.allLost = on));
      case 'replay':
        return () => this.#replay(fault);
    }
  }

  cut(from: SimNode, to: SimNode, cut: boolean): void {
    const row = this.#cut[from.index];
    if (row !== undefined) row[to.index] = cut;
  }

  setLink(node: SimNode, up: boolean): void {
    if (node.linkDown === !up) return;
    node.linkDown = !up;
    node.tell({ kind: 'link', up });
    this.look();
  }

  setApi(node: SimNode, reachable: boolean): void {
    node.apiCut = !reachable;
    if (this.#withApi) node.tell({ kind: 'api-reachable', reachable });
  }

  /** Cuts one side off from the other; the gateway stays with either. */
  #part(fault: Fault): () => void {
    const [gatewayStays] = [fault.address % 2];
    const isIn = (node: SimNode): boolean => ((fault.side >> node.index) & 1) === 1;
    const set = (cut: boolean, back: boolean): void => {
      for (const inner of this.nodes.filter(isIn)) {
        for (const outer of this.nodes.filter((node) => !isIn(node))) {
          this.cut(inner, outer, cut);
          if (back) this.cut(outer, inner, cut);
        }
      }
    };
    set(true, true);
    for (const node of this.nodes) {
      if (isIn(node) === (gatewayStays === 1)) node.gatewayCut = true;
    }
    return () => {
      set(false, fault.oneWayMs === 0);
      for (const node of this.nodes) node.gatewayCut = false;
      this.queue.at(this.queue.nowMs + fault.oneWayMs, () => {
        if (!this.calm) set(false, true);
      });
    };
  }

  #freeze(node: SimNode): () => void {
    const { bootCount } = node;
    if (!node.isUp || node.frozen) return () => {};
    node.freeze();
    return () => {
      if (node.bootCount === bootCount && node.isUp) node.thaw();
    };
  }

  /** Mostly in a moment; in every fourth case so slowly that others may have taken over, and in some of these the successor dies meanwhile. */
  #succeed(node: SimNode, { forMs, side, oneWayMs }: Fault): () => void {
    const isSlow = forMs % 4 < 1;
    node.succeed({
      gapMs: isSlow && oneWayMs > 0 ? Infinity : isSlow ? forMs : forMs / 100,
      readAgoMs: forMs % 20,
      hearsMeanwhile: side % 2 === 0,
    });
    return () => {
      if (!node.isUp) this.boot(node);
    };
  }

  #stop(node: SimNode): void {
    const { bootCount } = node;
    if (!node.isUp || node.ending) return;
    node.ending = true;
    node.tell({ kind: 'leave' });
    // Kubernetes kills it after its grace period.
    this.queue.at(this.queue.nowMs + 1000, () => {
      if (node.bootCount === bootCount && node.isUp) node.crash();
    });
  }

  #replay(fault: Fault): () => void {
    const to = this.nodes[fault.node];
    const frames = this.#recorded.filter(
      ({ heartbeat }) => this.indexOf(heartbeat.node) !== fault.node,
    );
    for (const [index, frame] of frames.entries()) {
      if (to !== undefined) this.#deliver(to, frame, (index * fault.forMs) / frames.length);
    }
    return () => {};
  }
}
