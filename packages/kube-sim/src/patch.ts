import { ApiError } from './api-error.ts';
import { isFields, sameJson, type Fields } from './object.ts';

/** RFC 7386: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

function rejected(): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(422, 'Invalid', message, {});
}

/**
 * RFC 6902: add, remove, replace, move, copy, test, all or nothing.
 *
 * Throws a 422 ApiError when an operation cannot be done or a test fails; `target` is never changed.
 */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw rejected();
  let result = structuredClone(target);
  for (const operation of operations) {
    if (!isFields(operation)) throw rejected();
    result = jsonPatchStep(result, operation);
  }
  return result;
}

function jsonPatchStep(document: unknown, operation: Fields): unknown {
  const path = pointer(operation['path']);
  const value = structuredClone(operation['value']);
  switch (operation['op']) {
    case 'add':
      return insert(document, path, value);
    case 'remove':
      return removed(document, path);
    case 'replace':
      return path.length === 0 ? value : insert(removed(document, path), path, value);
    case 'move': {
      const from = pointer(operation['from']);
      const moved = read(document, from);
      return insert(removed(document, from), path, moved);
    }
    case 'copy':
      return insert(document, path, structuredClone(read(document, pointer(operation['from']))));
    case 'test':
      if (!sameJson(read(document, path), operation['value'])) throw rejected();
      return document;
    default:
      throw rejected();
  }
}

/** RFC 6901. */
function pointer(text: unknown): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw rejected();
  if (text === '') return [];
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value)) value = value[indexIn(value, step, value.length - 1)];
    else if (isFields(value) && step in value) value = value[step];
    else throw rejected();
  }
  return value;
}

function indexIn(list: readonly unknown[], step: string, indexMax: number): number {
  const index = step === '-' ? list.length : Number(step);
  if (!Number.isInteger(index) || index < 0 || index > indexMax) throw rejected();
  return index;
}

function insert(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last, parent.length), 0, value);
  else if (isFields(parent)) parent[last] = value;
  else throw rejected();
  return document;
}

function removed(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) throw rejected();
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last, parent.length - 1), 1);
  else if (isFields(parent) && last in parent) delete parent[last];
  else throw rejected();
  return document;
}
