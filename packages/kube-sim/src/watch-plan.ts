import { type ApiError, invalid } from './api-error.ts';
import type { Form } from './presentation.ts';
import { selectorOf, versionOf } from './reads.ts';
import type { Selector } from './selectors.ts';
import type { Target } from './target.ts';

/** A watch that was accepted and can be started. */
export interface WatchPlan {
  readonly target: Target;
  readonly form: Form;
  readonly selector: Selector;
  /** Start after this version; undefined: first every object as it is now. */
  readonly fromVersion?: number;
  /** Marks the end of the first objects by a bookmark (WatchList). */
  readonly marksInitialEnd: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

const defaultTimeoutMs = 30 * 60_000;

/** Reads the query of a watch; a 4xx ApiError when it asks for what is not allowed. */
export function planWatch(target: Target, query: URLSearchParams, form: Form): WatchPlan {
  const version = versionOf(query);
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch');
  if (initial !== null && match !== 'NotOlderThan') {
    throw forbiddenOption(
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (initial === null && match !== null) {
    throw forbiddenOption(
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const first = initial === null ? version === undefined || version === 0 : isTrue(initial);
  return {
    target,
    form,
    selector: selectorOf(target, query),
    ...(first ? {} : { fromVersion: version ?? 0 }),
    marksInitialEnd: isTrue(initial) && bookmarks,
    bookmarks,
    timeoutMs: Number(query.get('timeoutSeconds') ?? 0) * 1000 || defaultTimeoutMs,
  };
}

function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}

function forbiddenOption(why: string): ApiError {
  const cause = {
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${why}`,
    field: 'resourceVersionMatch',
  };
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, [cause]);
}
