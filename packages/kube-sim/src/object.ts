/** A JSON object whose fields are not known beforehand. */
export type Fields = Record<string, unknown>;

/** The part of Kubernetes' ObjectMeta that the simulator reads or writes; other fields are kept as they come. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  [field: string]: unknown;
}

/** Any Kubernetes object. Objects in the store are never changed: a change makes a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Fields;
  status?: Fields;
  [field: string]: unknown;
}

/** True for `{…}`, false for arrays, null and everything else. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that should be an object; an empty object where it is not. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** A field that should be an array; an empty array where it is not. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value at a dotted path such as `spec.nodeName`, or undefined. */
export function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const step of path.split('.')) {
    if (!isFields(value)) return undefined;
    value = value[step];
  }
  return value;
}

/** The object without one of its fields. */
export function without<T extends Fields>(object: T, field: string): T {
  if (!(field in object)) return object;
  const { [field]: _dropped, ...rest } = object;
  return rest as T;
}

/** Equality of two JSON values, whatever the order of their keys. An absent field equals an undefined one. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isFields(a) || !isFields(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameJson(a[key], b[key]));
}

/** The key of an object inside its resource: `namespace/name`, or `name` where there is no namespace. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A scalar as text; `absent` for null and undefined, JSON for anything that is no scalar. */
export function textOf(value: unknown, absent: string = ''): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return absent;
  return JSON.stringify(value);
}

/** A new object with the fields of both; those of `over` win. */
export function merged(base: Fields, over: Fields): Fields {
  return { ...base, ...over };
}
