import { run } from '../lab/run.ts';

/** A second interface, `eth1`, of a node on the lab's one LAN: cable and Wi-Fi in one network. It goes with the lab's namespaces. */
export class SecondCable {
  readonly node: string;
  readonly #port: string;

  private constructor(node: string) {
    this.node = node;
    this.#port = `${node}-b`;
  }

  /** Plugs it in, with an address of the same network. */
  static async plugIn(node: string, address: string): Promise<SecondCable> {
    const cable = new SecondCable(node);
    const port = cable.#port;
    await ip(`link add ${port} netns lan type veth peer name eth1 netns ${node}`);
    await ip(`-n lan link set ${port} master br0`);
    // As the lab's other ports: no multicast to those who did not ask for it.
    await ip(`-n lan link set ${port} type bridge_slave mcast_flood off`);
    await ip(`-n lan link set ${port} up`);
    await ip(`-n ${node} link set eth1 up`);
    await ip(`-n ${node} address add ${address}/24 dev eth1 noprefixroute`);
    return cable;
  }

  /** At the switch: the interface loses its carrier, or has it again. */
  async set(state: 'up' | 'down'): Promise<void> {
    await ip(`-n lan link set ${this.#port} ${state}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ip(`-n lan link delete ${this.#port}`);
  }
}

async function ip(words: string): Promise<void> {
  await run(['ip', ...words.split(' ')]);
}
