import { badRequest, methodNotAllowed, noSuchPath, unsupportedMediaType } from './api-error.ts';
import type { Verb } from './faults.ts';
import { fieldsOf, isFields, textOf, type Fields, type KubeObject } from './object.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import type { Resource } from './resources.ts';
import { strategicMerge } from './strategic-merge.ts';
import type { Target } from './target.ts';
import type { WriteOptions } from './writes.ts';

/** A request, already read and authenticated. */
export interface ApiRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly body: string;
}

/** Content types of patches. */
export const patchTypes: Readonly<Record<'json' | 'merge' | 'strategic' | 'apply', string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** What a method does to a target. */
export function verbOf(method: string, target: Target, query: URLSearchParams): Verb {
  const one = target.name !== undefined;
  const watches = ['1', 'true'].includes(query.get('watch') ?? '');
  switch (method) {
    case 'GET':
      return one ? 'get' : watches ? 'watch' : 'list';
    case 'POST':
      return !one || target.subresource === 'token' ? 'create' : 'other';
    case 'PUT':
      return one ? 'update' : 'other';
    case 'PATCH':
      return one ? 'patch' : 'other';
    case 'DELETE':
      return one ? 'delete' : 'deletecollection';
    default:
      return 'other';
  }
}

/** 404 for a subresource that the resource does not have. */
export function checkSubresource(target: Target): void {
  const { resource, subresource } = target;
  if (subresource === 'status' && resource.hasStatus) return;
  if (subresource === 'token' && resource.storage === 'serviceaccounts') return;
  throw noSuchPath();
}

/** A namespaced object must be written inside a namespace. */
export function withScope(target: Target): Target {
  if (target.resource.namespaced && target.namespace === undefined) throw methodNotAllowed();
  return target;
}

/** The media type of a discovery answer. */
export function discoveryType(body: Fields): string {
  if (body['kind'] !== 'APIGroupDiscoveryList') return 'application/json';
  const version = textOf(body['apiVersion']).split('/')[1] ?? '';
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/** A content type without its parameters. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim();
}

/** The JSON body of a request; a 4xx ApiError for anything else. */
export function parsed(request: ApiRequest, resource: Pick<Resource, 'kind'>): unknown {
  const type = mediaType(request.contentType);
  if (type.endsWith('yaml') && !request.body.trimStart().startsWith('{')) {
    throw badRequest('kube-sim reads JSON only: send the YAML document as JSON');
  }
  if (type === 'application/vnd.kubernetes.protobuf') {
    throw unsupportedMediaType(['application/json']);
  }
  try {
    return JSON.parse(request.body) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : textOf(error);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${why}`,
    );
  }
}

/** `dryRun` and `fieldValidation`. */
export function optionsOf(query: URLSearchParams): WriteOptions {
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    strict: query.get('fieldValidation') === 'Strict',
  };
}

/** An applied object with the name of its path. */
export function named(patch: unknown, name: string): unknown {
  const object = fieldsOf(patch);
  return { ...object, metadata: { ...fieldsOf(object['metadata']), name } };
}

/** The object after a patch of one of the {@link patchTypes}. */
export function patched(
  type: string,
  current: KubeObject,
  patch: unknown,
  resource: Resource,
): unknown {
  if (type === patchTypes.json) return jsonPatch(current, patch);
  if (!isFields(patch)) throw badRequest('the patch must be a JSON object');
  if (type === patchTypes.merge || resource.custom) return mergePatch(current, patch);
  return strategicMerge(current, patch);
}
