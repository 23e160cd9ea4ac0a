import { ApiError, badRequest, expired, notFound } from './api-error.ts';
import { keyOf, type Fields, type KubeObject } from './object.ts';
import type { Resource } from './resources.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';
import { shown } from './presentation.ts';

/** A page of a list. */
export interface Page {
  readonly objects: readonly KubeObject[];
  /** `metadata` of the list: version, continue token, how many remain. */
  readonly metadata: Fields;
}

/** The stored object of a target, or a 404. */
export function readObject(store: Store, target: Target): KubeObject {
  const { resource, namespace, name = '' } = target;
  const object = store.get(resource.storage, keyOf(namespace, name));
  if (object === undefined) {
    throw notFound({ group: resource.group, kind: resource.plural, name });
  }
  return object;
}

/** The selectors of a list or watch, joined with its namespace. */
export function selectorOf(target: Target, query: URLSearchParams): Selector {
  const { resource, namespace } = target;
  const label = labelSelector(query.get('labelSelector') ?? '');
  const allowed = ['metadata.name', 'metadata.namespace', ...resource.fieldLabels];
  const field = fieldSelector(query.get('fieldSelector') ?? '', allowed);
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    label(object) &&
    field(resource.custom ? shown(resource, object) : object);
}

/** A resource version out of a query: undefined when unset; a 400 when it is no number. */
export function versionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const value = `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw badRequest(`invalid resource version: resourceVersion: ${value}`);
}

interface ContinueToken {
  readonly version: number;
  /** The last key of the page before. */
  readonly after: string;
}

function encodeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeToken(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as ContinueToken;
    if (Number.isInteger(token.version) && typeof token.after === 'string') return token;
  } catch {
    // Answered below, like any other token that is not ours.
  }
  throw badRequest('continue key is not valid: the token was not issued by this server');
}

/** One page of a list, with Kubernetes' rules for `limit`, `continue`, `resourceVersion` and `resourceVersionMatch`. */
export function listPage(store: Store, target: Target, query: URLSearchParams): Page {
  const wanted = versionOf(query);
  if (wanted !== undefined && wanted > store.version) throw tooLarge(wanted, store.version);
  const token = query.get('continue') ?? '';
  const from = token === '' ? undefined : decodeToken(token);
  const exact = query.get('resourceVersionMatch') === 'Exact' ? wanted : undefined;
  const version = from?.version ?? exact ?? store.version;
  const entries = store.list(target.resource.storage, version < 0 ? store.version : version);
  if (entries === undefined) throw goneList(from, version, store.oldestVersion);
  const selector = selectorOf(target, query);
  const rest = entries.filter(
    (entry) => (from === undefined || entry.key > from.after) && selector(entry.object),
  );
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const more = last !== undefined && page.length < rest.length;
  const shownVersion = version < 0 ? store.version : version;
  const selects = query.has('labelSelector') || query.has('fieldSelector');
  return {
    objects: page.map((entry) => entry.object),
    metadata: {
      resourceVersion: String(shownVersion),
      ...(more ? { continue: encodeToken({ version: shownVersion, after: last.key }) } : {}),
      ...(more && !selects ? { remainingItemCount: rest.length - page.length } : {}),
    },
  };
}

function goneList(from: ContinueToken | undefined, version: number, oldest: number): ApiError {
  if (from === undefined) return expired(`too old resource version: ${version} (${oldest})`);
  // As the real server does: a second token goes on from the same key, in the present (version -1).
  return expired(
    'The provided continue parameter is too old to display a consistent list result. Start a new list without it, ' +
      'or use the continue token of this response for an inconsistent remainder.',
    encodeToken({ version: -1, after: from.after }),
  );
}

/** 504 for a version that does not exist yet. */
function tooLarge(wanted: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

/** What a resource is called in errors. */
export function subjectOf(
  resource: Resource,
  name: string | undefined,
): { group: string; kind: string; name?: string } {
  return { group: resource.group, kind: resource.plural, ...(name === undefined ? {} : { name }) };
}
