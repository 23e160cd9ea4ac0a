/** What every object of the API has; the rest is the caller's to know. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Points at an object, as events do. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of an object everywhere in this package. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  // Joined, for keys are kept: a template gives a tree of strings, with all its parts.
  return namespace === undefined || namespace === '' ? name : [namespace, name].join('/');
}
