import { ApiError } from './api-error.ts';
import { arrayOf, fieldsOf, textOf, type Fields } from './object.ts';
import type { Tokens } from './tokens.ts';

/** What a SubjectAccessReview asks. */
export interface AccessQuestion {
  readonly user: string;
  readonly groups: readonly string[];
  /** Of a path that is no resource, such as `/metrics`; both are empty where the question is about a resource. */
  readonly path: string;
  readonly verb: string;
}

/** Answers SubjectAccessReviews: whether it is allowed. */
export type AccessCheck = (question: AccessQuestion) => boolean;

/** A kind of question to the server, of which nothing is stored. */
export interface ReviewKind {
  readonly kind: 'TokenReview' | 'SubjectAccessReview';
  readonly plural: string;
}

const kinds: ReadonlyMap<string, ReviewKind> = new Map([
  ['/apis/authentication.k8s.io/v1/tokenreviews', { kind: 'TokenReview', plural: 'tokenreviews' }],
  [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    { kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' },
  ],
]);

/** The kind of question that is asked at a path; `undefined`: none is. */
export function reviewAt(path: string): ReviewKind | undefined {
  return kinds.get(path);
}

/** The answer to a question: its own text with a status. */
export function review(
  kind: ReviewKind['kind'],
  body: Fields,
  deps: { readonly tokens: Tokens; readonly access?: AccessCheck | undefined },
): Fields {
  const spec = fieldsOf(body['spec']);
  const status =
    kind === 'TokenReview' ? tokenStatus(spec, deps.tokens) : accessStatus(spec, deps.access);
  return { ...body, metadata: fieldsOf(body['metadata']), spec, status };
}

function tokenStatus(spec: Fields, tokens: Tokens): Fields {
  try {
    const username = tokens.userOf(`Bearer ${textOf(spec['token'])}`);
    return { authenticated: true, user: { username, groups: groupsOf(username) } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { user: {}, error: 'invalid bearer token' };
  }
}

/** Those of a ServiceAccount, and the one that everybody is in who was let in. */
function groupsOf(user: string): string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(user) ?? [];
  const accounts = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return [...(namespace === undefined ? [] : accounts), 'system:authenticated'];
}

function accessStatus(spec: Fields, access: AccessCheck | undefined): Fields {
  const { path, verb } = fieldsOf(spec['nonResourceAttributes']);
  const question = {
    user: textOf(spec['user']),
    groups: arrayOf(spec['groups']).map((group) => textOf(group)),
    path: textOf(path),
    verb: textOf(verb),
  };
  return { allowed: access?.(question) ?? true };
}
