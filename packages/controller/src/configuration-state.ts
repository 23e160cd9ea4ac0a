import {
  apiVersionOf,
  CONDITION,
  ConfigurationStateResource,
  LABEL,
  type Condition,
  type ConfigurationStateStatus,
} from '@picluster/api';
import {
  KubeError,
  resourcePath,
  type Clock,
  type KubeClient,
  type KubeObject,
} from '@picluster/kube';
import { nextConditions, type Verdict } from './conditions.ts';
import { formatTimestamp } from './seams/timestamp.ts';

/** The name of the controller's own object. */
export const STATE_NAME = 'controller';
/** As MetalLB calls who writes it. */
const FIELD_MANAGER = 'poolReconciler';

/** What is kept of a ConfigurationState. */
export interface StateView {
  readonly resourceVersion: string;
  readonly result: string | undefined;
  readonly errorSummary: string | undefined;
  readonly conditions: readonly Condition[];
}

/** Keeps of a ConfigurationState what is used. */
export function viewState(raw: KubeObject): StateView {
  const { status = {} } = raw as { readonly status?: ConfigurationStateStatus };
  return {
    resourceVersion: raw.metadata.resourceVersion ?? '',
    result: status.result,
    errorSummary: status.errorSummary,
    conditions: status.conditions ?? [],
  };
}

/** What the status shall say where it does not yet. `now` is RFC 3339. */
export function stateStatus(
  before: StateView,
  problems: readonly string[],
  now: string,
): ConfigurationStateStatus | undefined {
  const errorSummary = problems.length === 0 ? '' : `configuration error: ${problems.join('\n')}`;
  const result = problems.length === 0 ? 'Valid' : 'Invalid';
  const verdict: Verdict =
    problems.length === 0
      ? { status: 'True', reason: 'Reconciled', message: '' }
      : { status: 'False', reason: 'ConfigurationError', message: errorSummary };
  const said = nextConditions(before.conditions, CONDITION.POOL_RECONCILER_VALID, verdict, {
    generation: undefined,
    now,
  });
  const same = before.result === result && (before.errorSummary ?? '') === errorSummary;
  if (same && said === undefined) return undefined;
  return { result, errorSummary, conditions: [...(said ?? before.conditions)] };
}

/** What keeping the ConfigurationState runs on. */
export interface StateWriterDeps {
  readonly client: Pick<KubeClient, 'request'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** What the API server shows; `undefined`: there is none. */
  readonly current: () => StateView | undefined;
  /** Whether we may write now. */
  readonly entitled: () => boolean;
}

/**
 * Keeps the controller's ConfigurationState: makes it where there is none, and writes what is wrong with the pools. A cluster whose CRDs lack the kind goes
 * without one.
 */
export class StateWriter {
  readonly #deps: StateWriterDeps;
  readonly #namespace: string;
  #problems: readonly string[] | undefined;

  constructor(deps: StateWriterDeps, namespace: string) {
    this.#deps = deps;
    this.#namespace = namespace;
  }

  /** What is wrong with the pools from now on. */
  set problems(problems: readonly string[]) {
    this.#problems = problems;
  }

  /** Brings the object in line. Throws a `KubeError` where the write failed in a way that another try may mend. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { current, clock, entitled } = this.#deps;
    if (this.#problems === undefined || !entitled()) return;
    const before = current() ?? (await this.#create(signal));
    if (before === undefined) return;
    const status = stateStatus(before, this.#problems, formatTimestamp(clock.wallMs()));
    if (status === undefined || !entitled()) return;
    const { resourceVersion } = before;
    await this.#send({
      method: 'PATCH',
      path: `${this.#path(STATE_NAME)}/status`,
      query: { fieldManager: FIELD_MANAGER },
      body: { metadata: { resourceVersion }, status },
      signal,
    });
  }

  async #create(signal: AbortSignal): Promise<StateView | undefined> {
    const { kind } = ConfigurationStateResource;
    const labels = { [LABEL.COMPONENT_TYPE]: 'controller' };
    const made = await this.#send({
      method: 'POST',
      path: this.#path(),
      body: {
        apiVersion: apiVersionOf(ConfigurationStateResource),
        kind,
        metadata: { name: STATE_NAME, namespace: this.#namespace, labels },
      },
      signal,
    });
    return made === undefined ? undefined : viewState(made);
  }

  /** `undefined` where the object, or the whole kind, is not there. */
  async #send(request: Parameters<KubeClient['request']>[0]): Promise<KubeObject | undefined> {
    try {
      const { client, entitled } = this.#deps;
      return await client.request<KubeObject>({ ...request, onlyIf: entitled });
    } catch (error) {
      if (error instanceof KubeError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  #path(name?: string): string {
    const { group, version, plural } = ConfigurationStateResource;
    const address = { group, version, plural, namespace: this.#namespace };
    return resourcePath(name === undefined ? address : { ...address, name });
  }
}
