import type { Resource, ResourceRegistry } from './resources.ts';

/** What a resource path means. */
export interface Target {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  /** `status`, `token`, … */
  readonly subresource?: string;
}

/** Parses `/api/v1/…` and `/apis/<group>/<version>/…`; undefined when no such resource is served. */
export function targetOf(path: string, registry: ResourceRegistry): Target | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const [root, ...rest] = parts;
  if (root === 'api') return targetIn('', rest[0] ?? '', rest.slice(1), registry);
  if (root === 'apis') return targetIn(rest[0] ?? '', rest[1] ?? '', rest.slice(2), registry);
  return undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function targetIn(
  group: string,
  version: string,
  parts: readonly string[],
  registry: ResourceRegistry,
): Target | undefined {
  const [first, second, third] = parts;
  // `/namespaces/x/status` is the Namespace itself; `/namespaces/x/pods` lies inside it.
  const inNamespace =
    first === 'namespaces' &&
    third !== undefined &&
    !(group === '' && ['status', 'finalize'].includes(third));
  const [plural, name, subresource] = inNamespace ? parts.slice(2) : parts;
  if (plural === undefined || parts.length > (inNamespace ? 5 : 3)) return undefined;
  const resource = registry.find(group, version, plural);
  if (resource === undefined || (inNamespace && !resource.namespaced)) return undefined;
  if (!inNamespace && resource.namespaced && name !== undefined) return undefined;
  return {
    resource,
    ...(inNamespace ? { namespace: second ?? '' } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
