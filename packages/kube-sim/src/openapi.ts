import type { Fields } from './object.ts';
import { groupVersion, type Resource, type ResourceRegistry } from './resources.ts';

/**
 * The answer to an `/openapi/v3` path, or undefined when it is none.
 *
 * Just enough that `kubectl apply` learns what it asks for: that PATCH knows `fieldValidation`, and so the server checks
 * the fields, and the schemas of custom resources for `kubectl explain`.
 */
export function openApiV3(path: string, registry: ResourceRegistry): Fields | undefined {
  const prefix = '/openapi/v3';
  const roots = new Map<string, Resource[]>();
  for (const resource of registry.all()) {
    const root = `${resource.group === '' ? 'api' : 'apis'}/${groupVersion(resource)}`;
    roots.set(root, [...(roots.get(root) ?? []), resource]);
  }
  if (path === prefix) {
    const paths = [...roots.keys()].map((root) => [
      root,
      { serverRelativeURL: `${prefix}/${root}` },
    ]);
    return { paths: Object.fromEntries(paths) };
  }
  const resources = roots.get(path.slice(prefix.length + 1));
  return path.startsWith(`${prefix}/`) && resources !== undefined ? document(resources) : undefined;
}

function document(resources: readonly Resource[]): Fields {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.37.2' },
    paths: Object.fromEntries(
      resources.map((resource) => [pathOf(resource), operations(resource)]),
    ),
    components: {
      schemas: Object.fromEntries(resources.map((one) => [schemaName(one), schemaOf(one)])),
    },
  };
}

function pathOf(resource: Resource): string {
  const root = `/${resource.group === '' ? 'api' : 'apis'}/${groupVersion(resource)}`;
  const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
  return `${root}${scope}/${resource.plural}/{name}`;
}

function kindOf(resource: Resource): Fields {
  return { group: resource.group, version: resource.version, kind: resource.kind };
}

function operations(resource: Resource): Fields {
  const string = { type: 'string', uniqueItems: true };
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: string,
  }));
  const schema = { $ref: `#/components/schemas/${schemaName(resource)}` };
  const responses = { 200: { description: 'OK', content: { 'application/json': { schema } } } };
  const patch = {
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': kindOf(resource),
    parameters,
    requestBody: {
      content: {
        'application/json-patch+json': { schema: {} },
        'application/merge-patch+json': { schema: {} },
      },
    },
    responses,
  };
  const get = {
    'x-kubernetes-action': 'get',
    'x-kubernetes-group-version-kind': kindOf(resource),
    responses,
  };
  return { get, patch };
}

function schemaName(resource: Resource): string {
  const group = resource.group === '' ? 'core' : resource.group;
  return `${group.split('.').toReversed().join('.')}.${resource.version}.${resource.kind}`;
}

function schemaOf(resource: Resource): Fields {
  return {
    type: 'object',
    ...(resource.schema as Fields | undefined),
    'x-kubernetes-group-version-kind': [kindOf(resource)],
  };
}

/**
 * An `/openapi/v2` document in protobuf without definitions: field 1, `swagger`, is "2.0".
 *
 * kubectl asks for it when it builds a strategic merge patch, finds no schema, and uses the types it was compiled with.
 */
export const openApiV2Protobuf: Uint8Array = new Uint8Array([0x0a, 0x03, 0x32, 0x2e, 0x30]);

/** The media type that goes with {@link openApiV2Protobuf}. */
export const openApiV2MediaType: string =
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
