import path from 'node:path';
import { startAsking, type Recorder } from '../lab/asker.ts';
import type { Lab } from '../lab/lab.ts';
import { Processes } from '../lab/processes.ts';
import { run } from '../lab/run.ts';

/** Addresses of the second network; none of them is in a pool. */
const PREFIX = '10.78.0';
/** Addresses of the second network that nothing uses: for a pool. */
export const SECOND_RANGE = `${PREFIX}.100-${PREFIX}.150`;
const RECORD_LIMIT_MS = 120_000;

/**
 * A second LAN: every node has an `eth1` in it, and a client of its own asks there. It goes with the lab's namespaces.
 */
export class SecondNetwork {
  readonly #processes: Processes;

  private constructor(processes: Processes) {
    this.#processes = processes;
  }

  /** Plugs it into the nodes of a running lab. */
  static async plugIn(lab: Lab): Promise<SecondNetwork> {
    const hosts = ['client2', ...lab.nodes.map(({ name }) => name)];
    await ip('netns add client2');
    await ip('-n lan link add br1 type bridge', '-n lan link set br1 up');
    for (const [index, name] of hosts.entries())
      await plugIn(name, name === 'client2' ? 'eth0' : 'eth1', index);
    return new SecondNetwork(new Processes(path.join(lab.logFolder, 'second-network')));
  }

  /** Who answers for an address in this network: the first MAC address; undefined where nobody does within `limitMs`. */
  async arp(address: string, limitMs: number = 1_000): Promise<string | undefined> {
    const options = { intervalMs: 10, limitMs, first: true };
    const recorder = await startAsking(this.#processes, 'client2', address, options);
    return (await recorder.finished()).answers[0]?.mac;
  }

  /** Asks for an address here every 10 ms and records who answers, until it is stopped. */
  async askEvery(address: string): Promise<Recorder> {
    const options = { intervalMs: 10, limitMs: RECORD_LIMIT_MS };
    return await startAsking(this.#processes, 'client2', address, options);
  }

  /** Plugs a node's `eth1` in again, after it was deleted: another interface of that name, with another hardware address. */
  async plugInAgain(name: string, index: number): Promise<void> {
    await plugIn(name, 'eth1', index);
  }

  /** Ends what it started; its interfaces go with the lab. */
  async stop(): Promise<void> {
    await this.#processes.stop();
  }
}

/** The hardware address of an interface of a node. */
export async function macOf(node: string, device: string): Promise<string> {
  const text = await run(['ip', '-n', node, '-json', 'link', 'show', 'dev', device]);
  const [link] = JSON.parse(text) as readonly { readonly address: string }[];
  return link?.address ?? '';
}

async function plugIn(name: string, device: string, index: number): Promise<void> {
  const port = `${name}-b`;
  await ip(
    `link add ${port} netns lan type veth peer name ${device} netns ${name}`,
    `-n lan link set ${port} master br1`,
    `-n lan link set ${port} up`,
    `-n ${name} link set ${device} up`,
    `-n ${name} address add ${PREFIX}.${index + 1}/24 dev ${device}`,
  );
}

async function ip(...lines: readonly string[]): Promise<void> {
  for (const line of lines) await run(['ip', ...line.split(' ')]);
}
