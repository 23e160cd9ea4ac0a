import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ContractClient, type Answer, type Endpoint } from './client.ts';
import { widgetDefinition } from './objects.ts';

/** A server under test. */
export interface Connection extends Endpoint {
  /** Makes every version before now expire; absent where that takes minutes. */
  readonly expireVersions?: () => void;
  readonly close?: () => Promise<void>;
}

const namespaces = '/api/v1/namespaces';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definition = `${definitions}/${widgetDefinition.metadata.name}`;

/** What the rules have at hand: a client, a namespace of this run alone, and paths in it. */
export class ContractSubject {
  readonly ns: string = `contract-${randomBytes(4).toString('hex')}`;
  readonly namespace: string = `${namespaces}/${this.ns}`;
  readonly maps: string = `${this.namespace}/configmaps`;
  readonly services: string = `${this.namespace}/services`;
  readonly leases: string = `/apis/coordination.k8s.io/v1/namespaces/${this.ns}/leases`;
  readonly widgets: string = `/apis/contract.picluster.test/v1/namespaces/${this.ns}/widgets`;
  readonly #connect: () => Promise<Connection>;
  #open: { connection: Connection; client: ContractClient } | undefined;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  get connection(): Connection {
    return this.#opened().connection;
  }

  get client(): ContractClient {
    return this.#opened().client;
  }

  /** Connects, makes the namespace and the custom resource, and waits until that is served. */
  async open(): Promise<void> {
    const connection = await this.#connect();
    this.#open = { connection, client: new ContractClient(connection) };
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.ns } };
    await this.created(namespaces, body);
    await this.created(definitions, widgetDefinition);
    while (!(await this.#established())) {
      // Asks again: the real server takes a moment, and every answer is a turn of the event loop.
    }
  }

  async close(): Promise<void> {
    await this.client.delete(definition);
    await this.client.delete(this.namespace);
    this.client.close();
    await this.connection.close?.();
  }

  /** Creates an object that must be accepted, and gives it as it was stored. */
  async created(path: string, body: unknown): Promise<Answer['body']> {
    const answer = await this.client.post(path, body);
    assert.equal(answer.code, 201, JSON.stringify(answer.body));
    return answer.body;
  }

  async #established(): Promise<boolean> {
    const { body } = await this.client.get(definition);
    const served = await this.client.get(this.widgets);
    const conditions: readonly { type: string; status: string }[] = body.status?.conditions ?? [];
    return (
      served.code === 200 &&
      conditions.some(({ type, status }) => type === 'Established' && status === 'True')
    );
  }

  #opened(): { connection: Connection; client: ContractClient } {
    if (this.#open === undefined) throw new Error('the contract runs before it is connected');
    return this.#open;
  }
}
