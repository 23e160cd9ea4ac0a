import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

/** Where the API server is. */
export interface Cluster {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

/** An operator of the smallest kind: it knows which ConfigMaps there are, and keeps knowing it whatever breaks. */
export class Operator {
  readonly known: Set<string> = new Set<string>();
  /** Why each watch ended, in order. */
  readonly ends: string[] = [];
  readonly #cluster: Cluster;
  readonly #agent: Agent;
  readonly #changed: () => void;

  constructor(cluster: Cluster, changed: () => void) {
    this.#cluster = cluster;
    this.#agent = new Agent({ ca: cluster.ca, keepAlive: true });
    this.#changed = changed;
  }

  /** Lists, watches, and begins again when the watch breaks, until the signal aborts. A real one would back off between. */
  async run(signal: AbortSignal): Promise<void> {
    const path = '/api/v1/namespaces/default/configmaps';
    while (!signal.aborted) {
      try {
        const list = JSON.parse(await textOf(await this.#get(path, signal))) as {
          metadata: { resourceVersion: string };
          items: ConfigMap[];
        };
        this.known.clear();
        for (const { metadata } of list.items) this.known.add(metadata.name);
        this.#changed();
        const from = list.metadata.resourceVersion;
        await this.#watch(`${path}?watch=true&resourceVersion=${from}`, signal);
        this.ends.push('in order');
      } catch (error) {
        this.ends.push(error instanceof Error ? error.message : String(error));
      }
    }
    this.#agent.destroy();
  }

  async #watch(path: string, signal: AbortSignal): Promise<void> {
    let rest = '';
    const response = await this.#get(path, signal);
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        this.#apply(JSON.parse(line) as { type: string; object: ConfigMap });
    }
  }

  #apply(event: { type: string; object: ConfigMap }): void {
    if (event.type === 'ERROR') throw new Error('told to list again');
    if (event.type === 'DELETED') this.known.delete(event.object.metadata.name);
    else this.known.add(event.object.metadata.name);
    this.#changed();
  }

  #get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, token } = this.#cluster;
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    return new Promise((resolve, reject) => {
      request(new URL(path, url), { agent: this.#agent, headers, signal }, resolve)
        .once('error', reject)
        .end();
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}
