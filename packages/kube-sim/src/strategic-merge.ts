import { isFields, type Fields } from './object.ts';

/**
 * Merge keys of the lists that a strategic merge patch merges item by item, by the last two fields of their path.
 *
 * A list that is not named here is replaced as a whole, which is what Kubernetes does for lists without `patchStrategy`.
 */
const mergeKeys: Readonly<Record<string, string>> = {
  'metadata.ownerReferences': 'uid',
  'spec.ports': 'port',
  'spec.taints': 'key',
  'spec.containers': 'name',
  'spec.initContainers': 'name',
  'spec.volumes': 'name',
  'spec.imagePullSecrets': 'name',
  'status.conditions': 'type',
  'status.addresses': 'type',
  'containers.ports': 'containerPort',
  'containers.env': 'name',
  'containers.volumeMounts': 'mountPath',
  secrets: 'name',
};

/** Lists of plain values that merge as sets. */
const mergedSets: ReadonlySet<string> = new Set(['metadata.finalizers', 'spec.podCIDRs']);

/**
 * Kubernetes' strategic merge patch for built-in kinds: a merge patch whose known lists are merged by key.
 *
 * Understands `$patch: delete` and `replace`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…` and `$retainKeys`.
 */
export function strategicMerge(target: unknown, patch: unknown, path: string = ''): unknown {
  if (!isFields(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: Fields = retained(isFields(target) ? target : {}, patch['$retainKeys']);
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) continue;
    const child = childPath(path, field);
    if (value === null) delete result[field];
    else if (Array.isArray(value)) result[field] = mergedList(result[field], value, child);
    else result[field] = strategicMerge(result[field], value, child);
  }
  for (const [directive, value] of Object.entries(patch)) {
    applyListDirective(result, directive, value, path);
  }
  return result;
}

function childPath(path: string, field: string): string {
  const parent = path.split('.').at(-1) ?? '';
  return parent === '' ? field : `${parent}.${field}`;
}

function retained(target: Fields, keys: unknown): Fields {
  if (!Array.isArray(keys)) return { ...target };
  return Object.fromEntries(Object.entries(target).filter(([field]) => keys.includes(field)));
}

function withoutDirectives(patch: Fields): Fields {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}

function mergedList(target: unknown, patch: readonly unknown[], path: string): unknown {
  const existing: unknown[] = Array.isArray(target) ? target : [];
  if (mergedSets.has(path)) return [...new Set([...existing, ...patch])];
  const key = mergeKeys[path];
  if (key === undefined) return patch;
  if (patch.some((item) => isFields(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !(isFields(item) && '$patch' in item));
  }
  const result = [...existing];
  for (const item of patch) {
    if (!isFields(item)) continue;
    const at = result.findIndex((other) => isFields(other) && other[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicMerge(result[at], item, path);
    else result.push(strategicMerge({}, item, path));
  }
  return result;
}

function applyListDirective(result: Fields, directive: string, value: unknown, path: string): void {
  const [name, field] = directive.split('/');
  if (field === undefined || !Array.isArray(value)) return;
  const list = result[field];
  if (!Array.isArray(list)) return;
  if (name === '$deleteFromPrimitiveList') {
    result[field] = list.filter((item) => !value.includes(item));
  } else if (name === '$setElementOrder') {
    const key = mergeKeys[childPath(path, field)];
    const identity = (item: unknown): unknown =>
      key !== undefined && isFields(item) ? item[key] : item;
    const order = value.map(identity);
    const place = (item: unknown): number => {
      const at = order.indexOf(identity(item));
      return at < 0 ? order.length : at;
    };
    result[field] = list.toSorted((a, b) => place(a) - place(b));
  }
}
