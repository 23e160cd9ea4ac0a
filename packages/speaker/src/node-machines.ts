import type { Announcer } from './announcer.ts';
import type { Cache } from './speaker.ts';
import type { NodeView } from './views.ts';

/** What is needed to find the machines of the nodes. */
export interface NodeMachinesDeps {
  readonly nodes: Pick<Cache<NodeView>, 'values'>;
  /** This node's name. */
  readonly node: string;
  /** The interfaces of this machine that can carry answers. */
  readonly interfaces: () => readonly string[];
  readonly whoHas: Announcer['whoHas'];
  /** The hardware addresses of this machine. */
  readonly ownMacs: () => readonly string[];
  readonly clock: {
    nowMs(): number;
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
}

/** All nodes are asked for so often: hardware addresses change when machines are replaced. */
export const LOOK_EVERY_MS = 300_000;
/** Until any of them has answered. */
export const LOOK_FIRST_MS = 5000;
/** Not more often than this, whoever claims one of our addresses. */
export const LOOK_AGAIN_MS = 1000;
/** How long a node may take to answer, and how long to wait before the next is asked. */
const ANSWER_WAIT_MS = 250;
const PAUSE_MS = 20;

/**
 * Knows the hardware addresses of the cluster's nodes on our segments, where no heartbeats tell: it asks, by ARP and neighbour discovery, who has the
 * nodes' own addresses. A node that answers for one of our addresses is not a foreign machine.
 */
export class NodeMachines {
  readonly #deps: NodeMachinesDeps;
  /** By address and interface. */
  readonly #macs = new Map<string, string>();
  #hurry: (() => void) | undefined;

  constructor(deps: NodeMachinesDeps) {
    this.#deps = deps;
  }

  /** Whether the machine is this one or another node, as far as is known; if not, all nodes are soon asked again. */
  isOurs(mac: string): boolean {
    for (const known of this.#macs.values()) if (known === mac) return true;
    if (this.#deps.ownMacs().includes(mac)) return true;
    this.#hurry?.();
    return false;
  }

  /** Asks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const begunMs = clock.nowMs();
      await this.#look(signal);
      const early = new AbortController();
      this.#hurry = () => early.abort();
      const soon = AbortSignal.any([signal, early.signal]);
      const pauseMs = this.#macs.size === 0 ? LOOK_FIRST_MS : LOOK_EVERY_MS;
      await clock.sleep(pauseMs, soon).catch(() => {});
      const tooEarlyMs = begunMs + LOOK_AGAIN_MS - clock.nowMs();
      if (tooEarlyMs > 0) await clock.sleep(tooEarlyMs, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { nodes, node, interfaces, clock } = this.#deps;
    const others = [...nodes.values()].filter(({ name }) => name !== node);
    const wanted = others
      .flatMap(({ addresses }) => addresses)
      .flatMap((address) => interfaces().map((name) => [address, name] as const));
    const keys = new Set(wanted.map((one) => one.join(' ')));
    for (const key of this.#macs.keys()) if (!keys.has(key)) this.#macs.delete(key);
    for (const [address, name] of wanted) {
      if (signal.aborted) return;
      this.#ask(address, name);
      await clock.sleep(PAUSE_MS, signal).catch(() => {});
    }
    await clock.sleep(ANSWER_WAIT_MS, signal).catch(() => {});
  }

  #ask(address: string, interfaceName: string): void {
    this.#deps.whoHas(address, interfaceName, ANSWER_WAIT_MS, (macs = []) => {
      const [mac] = macs;
      // Where two answer, one of them is not the node.
      if (mac !== undefined && macs.length === 1) {
        this.#macs.set(`${address} ${interfaceName}`, mac);
      }
    });
  }
}
