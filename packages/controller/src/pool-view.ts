import {
  parseIPAddressPool,
  type Condition,
  type FieldProblem,
  type IPAddressPoolStatus,
  type Labels,
  type LabelSelector,
} from '@picluster/api';
import type { KubeObject } from '@picluster/kube';

/** What the controller keeps of an IPAddressPool, valid or not. */
export interface PoolView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly spec: PoolSpecView | undefined;
  /** What is wrong where there is no `spec`. */
  readonly problems: readonly FieldProblem[];
  /** As it is written, also of a pool that is not valid. */
  readonly status: Partial<IPAddressPoolStatus> | undefined;
  readonly conditions: readonly Condition[];
  readonly generation: number | undefined;
}

/** The spec of a pool with every default filled in. */
export interface PoolSpecView {
  readonly addresses: readonly string[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** Whether it says who may have its addresses, even if the answer is everyone. */
  readonly pinned: boolean;
  readonly priority: number;
  readonly namespaces: readonly string[];
  readonly namespaceSelectors: readonly LabelSelector[];
  readonly serviceSelectors: readonly LabelSelector[];
}

/** What the controller keeps of a Namespace. */
export interface NamespaceView {
  readonly name: string;
  readonly labels: Labels;
}

/** Keeps of a pool what is used. */
export function viewPool(raw: KubeObject): PoolView {
  const { name, uid = '', resourceVersion = '', creationTimestamp = '', generation } = raw.metadata;
  const { status } = raw as { readonly status?: Partial<IPAddressPoolStatus> };
  const parsed = parseIPAddressPool({ ...raw, status: undefined });
  const identity = {
    name,
    uid,
    resourceVersion,
    generation,
    createdAt: creationTimestamp,
    status,
    conditions: status?.conditions ?? [],
  };
  if (!parsed.ok) return { ...identity, spec: undefined, problems: parsed.problems };
  const { spec } = parsed.value;
  const allocation = spec.serviceAllocation;
  return {
    ...identity,
    spec: {
      addresses: spec.addresses,
      autoAssign: spec.autoAssign,
      avoidBuggyIPs: spec.avoidBuggyIPs,
      pinned: allocation !== undefined,
      priority: allocation?.priority ?? 0,
      namespaces: allocation?.namespaces ?? [],
      namespaceSelectors: allocation?.namespaceSelectors ?? [],
      serviceSelectors: allocation?.serviceSelectors ?? [],
    },
    problems: [],
  };
}

/** Keeps of a namespace what is used. */
export function viewNamespace(raw: KubeObject): NamespaceView {
  return { name: raw.metadata.name, labels: raw.metadata.labels ?? {} };
}
