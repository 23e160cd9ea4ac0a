import type { Metrics } from '@picluster/daemon';
import {
  encodeState,
  nodeIdOf,
  stateFormat,
  wiredTimings,
  type ElectionState,
  type L2Election,
  type L2ElectionOptions,
  type NodeId,
} from '@picluster/l2-election';
import { readInterface } from '@picluster/packet-socket';
import type { Announcer } from './announcer.ts';
import { AnswerWatchTask, type AnswerNews } from './answer-watch-task.ts';
import { ElectionPort } from './election-port.ts';
import { hmac } from './hmac.ts';
import type { OwnershipListener } from './ownership.ts';
import { OwnNetwork } from './own-network.ts';
import { soon } from './seams/soon.ts';
import {
  systemAddresses,
  systemHardwareAddresses,
  systemNeighbourhood,
} from './seams/system-neighbourhood.ts';
import { Solicitor } from './solicitor.ts';
import type { NodeView } from './views.ts';
import { NOT_URGENT_MS, type Cache } from './speaker.ts';
import type { Facts } from './succession/messages.ts';
import { Turns } from './turns.ts';
import { WireApi, type WireApiDeps, type WireApiOptions } from './wire-api.ts';
import { createWireMetrics, type WireMetrics } from './wire-metrics.ts';
import { WireOwnership } from './wire-ownership.ts';
import { WireSegment, type WireSegmentDeps } from './wire-segment.ts';

/** What the strategy `wire` is made of. */
export interface WireDeps extends Omit<WireApiDeps, 'election' | 'idOf' | 'turns' | 'unheard'> {
  readonly metrics: Metrics;
  readonly nodes: Cache<NodeView>;
  /** Asks on an interface who has the address; `foreign` is called if it is a machine that {@link Wire.isOurs} does not know. */
  readonly probe: (address: string, interfaceName: string, foreign: (mac: string) => void) => void;
  /** Asks once on an interface who has the address; see `Announcer.whoHas`. */
  readonly whoHas: Announcer['whoHas'];
  /** Hears of addresses that are not answered by who should, on an interface. */
  readonly answers: (interfaceName: string, news: AnswerNews) => void;
}

/** Who, where, and by which rules; see the options of the election. */
export type WireOptions = WireApiOptions & Pick<L2ElectionOptions, 'timings' | 'strict'>;

const NONE: readonly string[] = [];

const idOf = (nodeName: string): NodeId => nodeIdOf(hmac, nodeName);
const UNHEARD =
  'speakers are not heard that the API or others show alive: where nodes of one network cannot hear each other, use --l2-strategy=lease';

/** The strategy `wire` on this machine: an election on each interface, and what the API remembers beside them. */
export class Wire {
  readonly api: WireApi;
  readonly #deps: WireDeps;
  readonly #options: WireOptions;
  readonly #metrics: WireMetrics;
  readonly #turns: Turns;
  readonly #ports = new Map<string, ElectionPort>();
  /** Those that no segment has yet. */
  readonly #guessed = new Map<string, ElectionPort>();
  #ownership: WireOwnership | undefined;
  #segments: ReadonlyMap<string, WireSegment> = new Map();
  readonly #network: OwnNetwork;

  constructor(deps: WireDeps, options: WireOptions) {
    const { client, clock, random, log, lockFor } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#metrics = createWireMetrics(deps.metrics, clock);
    this.#turns = new Turns({ clock });
    this.#network = new OwnNetwork({
      clock,
      nodeAddresses: () => deps.nodes.get(options.nodeName)?.addresses ?? NONE,
      addresses: systemAddresses,
      hardwareAddresses: systemHardwareAddresses,
    });
    const election = (): L2Election | undefined =>
      this.#segments.get(this.#primaryName() ?? '')?.election;
    const unheard = (nodeNames: readonly string[]): void => this.#onUnheard(nodeNames);
    this.api = new WireApi(
      { client, clock, turns: this.#turns, random, log, lockFor, election, idOf, unheard },
      options,
    );
    this.api.keys.onKeys((keys) => {
      for (const segment of this.#segments.values()) segment.election?.setKeys(keys);
    });
  }

  /**
   * Takes over ports that hear already, so that less is left to listen for when this node begins to take part there. Disposed of, it lets go of those on
   * which this node is not about to: for each, that takes the kernel up to 60 ms.
   */
  hearBy(ports: readonly ElectionPort[]): Disposable {
    for (const port of ports) this.#guessed.set(port.interfaceName, port);
    return { [Symbol.dispose]: () => this.#letGo() };
  }

  #letGo(): void {
    for (const port of this.#guessed.values()) port.close();
    this.#guessed.clear();
  }

  /** Makes the strategy. It may be used when the API's part is ready, and takes part when it is begun. */
  ownership(listener: OwnershipListener): WireOwnership {
    const { log } = this.#deps;
    const ownership = new WireOwnership({
      listener,
      log,
      segmentOn: (interfaceName) => this.#segmentOn(interfaceName, listener),
      onStand: (address, interfaceName) => {
        if (interfaceName === this.#primaryName()) this.api.records.follow(address);
      },
      early: (names) => this.#network.withNodeAddress(names),
      onEnd: (interfaceName) => {
        this.#metrics.forget(interfaceName);
        this.#ports.delete(interfaceName);
      },
    });
    this.#ownership = ownership;
    this.#segments = ownership.segments;
    return ownership;
  }

  /** Takes part from now on, with what another process of this node gave, by interface. */
  begin(inherited?: ReadonlyMap<string, ElectionState>): void {
    this.#ownership?.begin(inherited);
  }

  /** Says and answers nothing any more; gives what another process of this node can begin with, by interface. */
  release(): Readonly<Record<string, string>> {
    const states = this.#ownership?.release() ?? new Map<string, ElectionState>();
    return Object.fromEntries([...states].map(([name, state]) => [name, encodeState(state)]));
  }

  /** What must be the same in a process that begins with what this one gives. */
  facts(): Facts {
    const { nodeName, timings = wiredTimings, strict } = this.#options;
    return {
      format: stateFormat,
      node: nodeName,
      electorate: this.api.clusterId,
      rules: JSON.stringify([timings, strict?.members ?? 0]),
      interfaces: [...this.#segments].map(([name, { mac }]) =>
        [name, readInterface(name)?.index, Buffer.from(mac).toString('hex')].join(' '),
      ),
    };
  }

  /** Reads all heartbeats that had arrived; before it is begun, they are thrown away. */
  readAll(): void {
    for (const port of this.#ports.values()) port.readAll();
  }

  /** What keeps this node from taking over an address that another gives up; `undefined`: nothing. */
  problem(): string | undefined {
    for (const [name, { election }] of this.#segments) {
      if (election?.isReady !== true)
        return `on ${name} it has not heard the others for long enough`;
    }
    return undefined;
  }

  /** The name of the node that has this identity on the wire; the identity, where the cluster has no such node. */
  nameOf(id: NodeId): string {
    for (const name of this.#deps.nodes.keys()) if (idOf(name) === id) return name;
    return id;
  }

  /** Whether a machine may answer for our addresses: this one, on any interface, or one that runs a speaker. */
  isOurs(mac: string): boolean {
    for (const { election } of this.#segments.values()) {
      for (const peer of election?.state.peers.values() ?? []) if (peer.mac === mac) return true;
    }
    return this.#isSelf(mac);
  }

  /** This machine, on any interface. Those that take part say at once when theirs changes. */
  #isSelf(mac: string): boolean {
    const bytes = bytesOfMac(mac);
    for (const segment of this.#segments.values()) {
      if (Buffer.compare(segment.mac, bytes) === 0) return true;
    }
    return this.#network.hasHardwareAddress(mac);
  }

  #onUnheard(nodeNames: readonly string[]): void {
    const interfaceName = this.#primaryName() ?? '';
    this.#metrics.unheard(interfaceName, nodeNames);
    const fields = { interface: interfaceName, nodes: nodeNames.join(' ') };
    if (nodeNames.length === 0) this.#deps.log.info('no speaker is unheard any more', fields);
    else this.#deps.log.warn(UNHEARD, fields);
  }

  #segmentOn(interfaceName: string, listener: OwnershipListener): WireSegment {
    const { timings, strict } = this.#options;
    const port = this.#guessed.get(interfaceName) ?? this.#portOn(interfaceName);
    this.#guessed.delete(interfaceName);
    this.#ports.set(interfaceName, port);
    const election = (): L2Election => {
      if (segment.election === undefined) throw new Error('nothing happens before it is begun');
      return segment.election;
    };
    const deps = this.#electionOn(port, listener, election, () => watch);
    const segment: WireSegment = new WireSegment(deps, () => ({
      electorate: this.api.clusterId,
      keys: this.api.keys.keys ?? [],
      interfaceIndex: this.#network.rankOf(interfaceName, readInterface(interfaceName)?.index ?? 0),
      ...(timings && { timings }),
      ...(strict && { strict }),
      ...heardSince(port.heardSince()),
    }));
    const watch = this.#watchOn(interfaceName, segment);
    segment.followBy(watch);
    return segment;
  }

  #portOn(interfaceName: string): ElectionPort {
    const { clock, log } = this.#deps;
    return new ElectionPort(interfaceName, { clock, log });
  }

  #watchOn(interfaceName: string, segment: WireSegment): AnswerWatchTask {
    const { whoHas, answers } = this.#deps;
    return new AnswerWatchTask({
      segment,
      clock: this.#turns,
      whoHas: (address, waitMs, done) => whoHas(address, interfaceName, waitMs, done),
      isSelf: (mac) => this.#isSelf(mac),
      neighbours: () => {
        const { gateways, others } = this.#neighbourhood(interfaceName);
        return [...gateways, ...others];
      },
      idOf,
      tell: (news) => answers(interfaceName, news),
    });
  }

  #electionOn(
    port: ElectionPort,
    listener: OwnershipListener,
    election: () => L2Election,
    watch: () => AnswerWatchTask,
  ): WireSegmentDeps {
    const { clock, random, probe } = this.#deps;
    const { interfaceName } = port;
    const solicitor = new Solicitor({
      port,
      clock,
      look: () => this.#neighbourhood(interfaceName),
    });
    return {
      link: port,
      nodeName: this.#options.nodeName,
      clock: {
        nowMs: () => clock.nowMs(),
        wallMs: () => clock.wallMs(),
        timer: (ms, fire) => (ms > 0 ? clock.timer(ms, fire) : soon(fire)),
      },
      random,
      hmac,
      electionOf: (mac) => this.#segmentWith(mac, interfaceName)?.election,
      solicit: () => solicitor.ask(),
      probe: (address) =>
        probe(address, interfaceName, (mac) => election().answerHeard(address, bytesOfMac(mac))),
      listener: {
        ...this.#listenerOn(interfaceName, listener, election),
        reported: (report) => watch().reported(report),
        turned: () => this.#turns.turned(),
      },
      metrics: this.#metrics.election(interfaceName, (): ElectionState => election().state),
      log: this.#logOf(interfaceName),
    };
  }

  #listenerOn(
    interfaceName: string,
    listener: OwnershipListener,
    election: () => L2Election,
  ): WireSegmentDeps['listener'] {
    return {
      gained: (address, untilMs) => listener.gained(address, interfaceName, untilMs),
      lost: (address) => {
        listener.lost(address, interfaceName);
        if (interfaceName === this.#primaryName()) this.api.records.withdraw(address);
      },
      renewed: (untilMs) => listener.renewed?.(interfaceName, untilMs),
      announce: (address) => listener.announce?.(address, interfaceName),
      conflict: (address, mac) => listener.conflict?.(address, interfaceName, mac),
      record: (address, term) => {
        if (interfaceName !== this.#primaryName()) return;
        const isHeld = election().state.addresses.get(address)?.mode === 'hold';
        this.api.records.write(address, term, isHeld ? NOT_URGENT_MS : 0);
      },
    };
  }

  #logOf(interfaceName: string): NonNullable<WireSegmentDeps['log']> {
    const { log } = this.#deps;
    const fields = { interface: interfaceName };
    return {
      debug: (message, more) => log.debug(message, { ...fields, ...more }),
      info: (message, more) => log.info(message, { ...fields, ...more }),
      warn: (message, more) => log.warn(message, { ...fields, ...more }),
    };
  }

  /** Our segment on another interface, which has this hardware address. */
  #segmentWith(mac: Uint8Array, exceptName: string): WireSegment | undefined {
    for (const [name, segment] of this.#segments) {
      if (name !== exceptName && Buffer.compare(segment.mac, mac) === 0) return segment;
    }
    return undefined;
  }

  /** The segment that the API is a witness for. */
  #primaryName(): string | undefined {
    return this.#network.primaryOf(this.#ownership?.segmentNames ?? NONE);
  }

  #neighbourhood(interfaceName: string): ReturnType<typeof systemNeighbourhood> {
    const nodes = [...this.#deps.nodes.values()].flatMap(({ addresses }) => addresses);
    return systemNeighbourhood(interfaceName, nodes);
  }
}

function heardSince(ms: number | undefined): Pick<L2ElectionOptions, 'heardSinceMs'> {
  return ms === undefined ? {} : { heardSinceMs: ms };
}

function bytesOfMac(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}
