import type { Cause } from './api-error.ts';
import { sameJson, without, type KubeObject, type ObjectMeta } from './object.ts';
import type { Resource } from './resources.ts';
import type { Target } from './target.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a new object's name. */
export function nameCauses(resource: Resource, name: string): Cause[] {
  const isRbac = resource.group === 'rbac.authorization.k8s.io';
  const isLabel = ['services', 'namespaces'].includes(resource.storage);
  const longest = isLabel ? 63 : 253;
  const right = isRbac ? !/[/%]/.test(name) : (isLabel ? label : subdomain).test(name);
  if (right && name.length <= longest) return [];
  const rule = isLabel
    ? 'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "-", and must start and end with an alphanumeric character'
    : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  const message = `Invalid value: ${JSON.stringify(name)}: ${rule}`;
  return [{ reason: 'FieldValueInvalid', message, field: 'metadata.name' }];
}

/** Whether somebody still has to do something before the object may go. */
export function hasFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0;
}

/** The object that an update asks for: server-owned metadata kept, and of spec and status only what the path may change. */
export function mergedForUpdate(target: Target, given: KubeObject, before: KubeObject): KubeObject {
  const { resource, subresource } = target;
  const metadata: ObjectMeta = { ...given.metadata };
  for (const field of [
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ]) {
    if (before.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = before.metadata[field];
  }
  if (subresource === 'status') {
    const status = given.status === undefined ? {} : { status: given.status };
    // A custom object's status path changes nothing but status; a built-in one's changes metadata too.
    if (resource.custom) return { ...without(before, 'status'), ...status };
    const rest = without(without(given, 'spec'), 'status');
    const spec = before.spec === undefined ? {} : { spec: before.spec };
    return { ...rest, ...spec, ...status, metadata };
  }
  if (!resource.hasStatus) return { ...given, metadata };
  const status = before.status === undefined ? {} : { status: before.status };
  return { ...without(given, 'status'), ...status, metadata };
}

/** The object with its generation counted on, where something outside metadata (and status) changed. */
export function withGeneration(
  resource: Resource,
  after: KubeObject,
  before: KubeObject,
): KubeObject {
  if (!resource.hasGeneration) return after;
  const content = (object: KubeObject): unknown => {
    const bare = without(object, 'metadata');
    return resource.hasStatus ? without(bare, 'status') : bare;
  };
  if (sameJson(content(after), content(before))) return after;
  const generation = (before.metadata.generation ?? 0) + 1;
  return { ...after, metadata: { ...after.metadata, generation } };
}
