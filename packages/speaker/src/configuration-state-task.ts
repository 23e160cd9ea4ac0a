import {
  apiVersionOf,
  CONDITION,
  ConfigurationStateResource,
  configurationStatus,
  LABEL,
  viewConfigurationState,
  type ConfigurationStateView,
} from '@picluster/api';
import {
  formatTimestamp,
  Reflector,
  resourcePath,
  StatusObject,
  WorkQueue,
  type Clock,
  type ReflectorDeps,
} from '@picluster/kube';
import type { NodeView } from './views.ts';

/** As MetalLB calls who writes it. */
const FIELD_MANAGER = 'configReconciler';

/** What it works with. */
export interface ConfigurationStateDeps extends ReflectorDeps {
  readonly clock: Clock;
  /** Nodes by name; only this one is asked for. */
  readonly nodes: { get(name: string): NodeView | undefined };
}

/** Whose object it is. */
export interface ConfigurationStateOptions {
  readonly namespace: string;
  readonly node: string;
}

/**
 * Keeps the ConfigurationState of this node: makes it where there is none, and writes what is wrong with what is for this node. It belongs to the Node, and so goes with it. A cluster
 * whose CRDs lack the kind, or that gives no rights to it, goes without one.
 */
export class ConfigurationStateTask {
  readonly #deps: ConfigurationStateDeps;
  readonly #options: ConfigurationStateOptions;
  readonly #name: string;
  readonly #states: Reflector<ConfigurationStateView>;
  readonly #queue: WorkQueue;
  #problems: readonly string[] | undefined;
  #ended = false;

  constructor(deps: ConfigurationStateDeps, options: ConfigurationStateOptions) {
    const { client, clock, random, log } = deps;
    const { group, version, plural } = ConfigurationStateResource;
    const { namespace, node } = options;
    this.#deps = deps;
    this.#options = options;
    this.#name = `speaker-${node}`;
    const world = { client, clock, random, ...(log && { log }) };
    this.#states = new Reflector(world, {
      path: resourcePath({ group, version, plural, namespace }),
      fieldSelector: `metadata.name=${this.#name}`,
      project: viewConfigurationState,
    });
    this.#queue = new WorkQueue(world, { name: 'configuration state' });
  }

  /** What is wrong from now on, each in a sentence that names the object. Before this is called nothing is written, for then it is not known. */
  set(problems: readonly string[]): void {
    this.#problems = problems;
    this.#look();
  }

  /** Mirrors and writes until the signal aborts. Does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    using _changes = this.#states.subscribe(() => this.#look());
    const mirror = this.#states.run(signal);
    const object = this.#object();
    try {
      await this.#states.whenSynced(signal);
      await this.#queue.run((_name, end) => this.#reconcile(object, end), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#ended = true;
    }
    await mirror;
  }

  #look(): void {
    if (!this.#ended) this.#queue.add(this.#name);
  }

  async #reconcile(
    object: StatusObject<ConfigurationStateView>,
    signal: AbortSignal,
  ): Promise<void> {
    const problems = this.#problems;
    if (problems === undefined) return;
    const type = CONDITION.CONFIG_RECONCILER_VALID;
    const now = formatTimestamp(this.#deps.clock.wallMs());
    await object.show((before) => configurationStatus(before, { type, problems, now }), signal);
  }

  #object(): StatusObject<ConfigurationStateView> {
    const { group, version, plural, kind } = ConfigurationStateResource;
    const { namespace, node } = this.#options;
    const { client, nodes } = this.#deps;
    const uid = nodes.get(node)?.uid;
    const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid };
    const labels = { [LABEL.COMPONENT_TYPE]: 'speaker', [LABEL.NODE_NAME]: node };
    const metadata = {
      name: this.#name,
      namespace,
      labels,
      ...(uid !== undefined && { ownerReferences: [owner] }),
    };
    return new StatusObject(
      { client, current: () => this.#states.get(`${namespace}/${this.#name}`) },
      {
        path: resourcePath({ group, version, plural, namespace }),
        manifest: { apiVersion: apiVersionOf(ConfigurationStateResource), kind, metadata },
        fieldManager: FIELD_MANAGER,
        project: viewConfigurationState,
      },
    );
  }
}
