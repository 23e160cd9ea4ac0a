import { KubeError } from './kube-error.ts';
import type { KubeObject } from './kube-object.ts';
import { faultOfObject } from './watch-event.ts';

/** One page of a collection. */
export interface ListPage {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

/** The page that an answer is; throws `garbage` where it is none. */
export function asListPage(answer: unknown, request: string): ListPage {
  const { metadata, items } = (answer ?? {}) as {
    metadata?: { resourceVersion?: unknown; continue?: unknown } | null;
    items?: unknown;
  };
  // A Go server writes an empty list of items as null.
  const list = items ?? [];
  if (
    typeof metadata?.resourceVersion !== 'string' ||
    !['string', 'undefined'].includes(typeof metadata.continue) ||
    !Array.isArray(list)
  ) {
    throw new KubeError('garbage', 'the answer is no list', { request });
  }
  for (const item of list) {
    const fault = faultOfObject(item);
    if (fault !== undefined) {
      throw new KubeError('garbage', `an item of the list is no object: ${fault}`, { request });
    }
  }
  return { metadata, items: list } as ListPage;
}
