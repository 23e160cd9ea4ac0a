import type { Condition } from './condition.ts';
import type { ConfigurationStateStatus } from './configuration-state.ts';
import { nextConditions, type Verdict } from './next-conditions.ts';

/** What has to be known of a ConfigurationState to keep it. */
export interface ConfigurationStateView {
  readonly resourceVersion: string;
  readonly result: string | undefined;
  readonly errorSummary: string | undefined;
  readonly conditions: readonly Condition[];
}

/** What one component says of its configuration. */
export interface ConfigurationReport {
  /** The type of its condition, of `CONDITION`. */
  readonly type: string;
  /** What is wrong, each with the name of the object; none: all is in force as it is written. */
  readonly problems: readonly string[];
  /** RFC 3339. */
  readonly now: string;
}

/** Keeps of a ConfigurationState, as the API server sends it, what is used. */
export function viewConfigurationState(raw: {
  readonly metadata: { readonly resourceVersion?: string };
}): ConfigurationStateView {
  const { status = {} } = raw as { readonly status?: ConfigurationStateStatus };
  return {
    resourceVersion: raw.metadata.resourceVersion ?? '',
    result: status.result,
    errorSummary: status.errorSummary,
    conditions: status.conditions ?? [],
  };
}

/** What the status of a ConfigurationState shall say where it does not yet: in MetalLB's words, all problems with a line each. `undefined`: it says so already. */
export function configurationStatus(
  before: ConfigurationStateView,
  { type, problems, now }: ConfigurationReport,
): ConfigurationStateStatus | undefined {
  const errorSummary = problems.length === 0 ? '' : `configuration error: ${problems.join('\n')}`;
  const result = problems.length === 0 ? 'Valid' : 'Invalid';
  const verdict: Verdict =
    problems.length === 0
      ? { status: 'True', reason: 'Reconciled', message: '' }
      : { status: 'False', reason: 'ConfigurationError', message: errorSummary };
  const said = nextConditions(before.conditions, type, verdict, { generation: undefined, now });
  const same = before.result === result && (before.errorSummary ?? '') === errorSummary;
  if (same && said === undefined) return undefined;
  return { result, errorSummary, conditions: [...(said ?? before.conditions)] };
}
