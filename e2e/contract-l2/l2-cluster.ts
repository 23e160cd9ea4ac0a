import { POOL_RANGES } from '../lab/addresses.ts';
import { Lab } from '../lab/lab.ts';

/** From a change in the API until the LAN shows it, on a machine that is busy with all of this. */
const LIMIT_MS = 30_000;

interface Status {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly status?: {
    readonly node?: string;
    readonly interfaces?: readonly { readonly name?: string }[];
  };
}

/** An L2Advertisement's selector for nodes by name. */
export function onNodes(...values: string[]): { readonly nodeSelectors: readonly object[] } {
  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values };
  return { nodeSelectors: [{ matchExpressions: [expression] }] };
}

/**
 * A lab with a pool and no advertisement: each test has a Service and L2Advertisements that select it by its label `test`, and nothing else
 * announces it.
 */
export class L2Cluster implements AsyncDisposable {
  readonly lab: Lab;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async start(): Promise<L2Cluster> {
    const lab = await Lab.start({ kubernetes: 'real' });
    await lab.startDaemons();
    await lab.apply({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'pool', namespace: lab.namespace },
      spec: { addresses: Object.values(POOL_RANGES) },
    });
    return new L2Cluster(lab);
  }

  /** Advertises the Service `of`, and whatever else bears its label. A list that is given again replaces the one before. */
  async advertise(of: string, spec: object = {}, name: string = of): Promise<void> {
    await this.lab.apply({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'L2Advertisement',
      metadata: { name, namespace: this.lab.namespace },
      spec: { serviceSelectors: [{ matchLabels: { test: of } }], ...spec },
    });
  }

  /** Makes a Service with its label `test`, and gives its first address. */
  async service(
    name: string,
    more: Omit<Parameters<Lab['service']>[0], 'name'> = {},
  ): Promise<string> {
    await this.lab.service({ name, labels: { test: name }, ...more });
    const [address = ''] = await this.lab.addresses(name);
    return address;
  }

  /** The node that answers; waits until one does. */
  async announcer(address: string): Promise<string> {
    const answer = await this.lab.client.arp(address, LIMIT_MS);
    if (answer === undefined) throw new Error(`nobody answers for ${address}`);
    return this.lab.nodeOf(answer.mac).name;
  }

  /** Waits until this node is the one that answers. */
  async announcedFrom(node: string, address: string): Promise<void> {
    const { mac } = this.lab.node(node);
    await this.until(
      `${node} to answer for ${address}`,
      async () => (await this.lab.client.arp(address, 500))?.mac === mac,
    );
  }

  /** Waits until another than this node answers, and names it. */
  async followerOf(first: string, address: string): Promise<string> {
    return await this.until(`another node than ${first} to answer for ${address}`, async () => {
      const node = await this.announcer(address);
      return node !== first && node;
    });
  }

  /** Waits until nobody answers, and sees that it stays so for a while. */
  async silent(address: string): Promise<void> {
    const asked = async (ms: number): Promise<boolean> =>
      (await this.lab.client.arp(address, ms)) !== undefined;
    await this.until(`silence about ${address}`, async () => !(await asked(500)));
    if (await asked(2_000)) throw new Error(`${address} was answered for again`);
  }

  /** Sets labels of a Node; `null` takes one away. */
  async labelNode(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.lab.api.patch(`/api/v1/nodes/${name}`, { metadata: { labels } });
  }

  /** What the ServiceL2Statuses say of a Service: `<node> <interface>+<interface>` each, sorted. */
  async statuses(name: string): Promise<readonly string[]> {
    const path = `/apis/metallb.io/v1beta1/namespaces/${this.lab.namespace}/servicel2statuses`;
    const { items } = await this.lab.api.get<{ items: readonly Status[] }>(path);
    return items
      .filter(({ metadata }) => metadata.labels['metallb.io/service-name'] === name)
      .map(({ status }) => {
        const interfaces = (status?.interfaces ?? []).map((one) => one.name).join('+');
        return `${status?.node} ${interfaces}`;
      })
      .toSorted();
  }

  /** Waits until the statuses of a Service are these. */
  async statusIs(name: string, ...wanted: readonly string[]): Promise<readonly string[]> {
    return await this.until(`the status of ${name} to be [${wanted.join(', ')}]`, async () => {
      const found = await this.statuses(name);
      return found.join() === wanted.join() && found;
    });
  }

  /** Waits until an event on a Service matches. */
  async told(name: string, pattern: RegExp): Promise<string> {
    return await this.until(`an event on ${name} like ${pattern.source}`, async () =>
      (await this.lab.events(name)).find((event) => pattern.test(event)),
    );
  }

  /** Asks `probe` until it gives something; gives up after a time that is long for all that a cluster does by itself. */
  async until<T>(description: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    return await this.lab.waitFor(description, probe, LIMIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.stop();
  }
}
