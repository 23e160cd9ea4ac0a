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
  resourcePath,
  StatusObject,
  type Clock,
  type StatusObjectDeps,
} from '@picluster/kube';

/** The name of the controller's own object. */
export const STATE_NAME = 'controller';
/** As MetalLB calls who writes it. */
const FIELD_MANAGER = 'poolReconciler';

/** What keeping the ConfigurationState runs on. */
export interface StateWriterDeps extends StatusObjectDeps<ConfigurationStateView> {
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** Keeps the controller's ConfigurationState: makes it where there is none, and writes what is wrong with pools and Communities. */
export class StateWriter {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #object: StatusObject<ConfigurationStateView>;
  #pools: readonly string[] | undefined;
  #communities: readonly string[] = [];

  constructor(deps: StateWriterDeps, namespace: string) {
    const { group, version, plural, kind } = ConfigurationStateResource;
    const labels = { [LABEL.COMPONENT_TYPE]: 'controller' };
    this.#clock = deps.clock;
    this.#object = new StatusObject(deps, {
      path: resourcePath({ group, version, plural, namespace }),
      manifest: {
        apiVersion: apiVersionOf(ConfigurationStateResource),
        kind,
        metadata: { name: STATE_NAME, namespace, labels },
      },
      fieldManager: FIELD_MANAGER,
      project: viewConfigurationState,
    });
  }

  /** What is wrong with the pools from now on. Before this is set, nothing is written. */
  set pools(problems: readonly string[]) {
    this.#pools = problems;
  }

  /** What is wrong with Communities from now on. */
  set communities(problems: readonly string[]) {
    this.#communities = problems;
  }

  /** Brings the object in line. Throws a `KubeError` where the write failed in a way that another try may mend. */
  async reconcile(signal: AbortSignal): Promise<void> {
    if (this.#pools === undefined) return;
    const problems = [...this.#pools, ...this.#communities];
    const type = CONDITION.POOL_RECONCILER_VALID;
    const now = formatTimestamp(this.#clock.wallMs());
    await this.#object.show(
      (before) => configurationStatus(before, { type, problems, now }),
      signal,
    );
  }
}
