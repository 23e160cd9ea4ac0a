import type { KubeObject } from './kube-object.ts';

/** A line of a watch. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | {
      readonly type: 'BOOKMARK';
      readonly resourceVersion: string;
      readonly initialEventsEnd: boolean;
    }
  | { readonly type: 'ERROR'; readonly status: unknown };

/** Why a line is no watch event. */
export type WatchLineFault = 'not-json' | 'unknown-type' | 'no-object' | 'no-name' | 'no-version';

const initialEventsEnd = 'k8s.io/initial-events-end';

/** Decodes one line of a watch: the event, or why it is none. Never throws. */
export function decodeWatchLine(line: string): WatchEvent | WatchLineFault {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return 'not-json';
  }
  if (!isRecord(parsed)) return 'unknown-type';
  const { type, object } = parsed;
  switch (type) {
    case 'ERROR':
      return { type, status: object };
    case 'BOOKMARK':
      return decodeBookmark(object);
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const fault = faultOfObject(object);
      return fault ?? { type, object: object as KubeObject };
    }
    default:
      return 'unknown-type';
  }
}

/** Why something that should be an object of the API is none; `undefined` where it is one. */
export function faultOfObject(
  object: unknown,
): Extract<WatchLineFault, 'no-object' | 'no-name' | 'no-version'> | undefined {
  if (!isRecord(object) || !isRecord(object['metadata'])) return 'no-object';
  const { name, namespace, resourceVersion } = object['metadata'];
  if (typeof name !== 'string' || name === '') return 'no-name';
  if (namespace !== undefined && typeof namespace !== 'string') return 'no-name';
  return typeof resourceVersion === 'string' ? undefined : 'no-version';
}

function decodeBookmark(object: unknown): WatchEvent | WatchLineFault {
  if (!isRecord(object) || !isRecord(object['metadata'])) return 'no-object';
  const { resourceVersion, annotations } = object['metadata'];
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return 'no-version';
  return {
    type: 'BOOKMARK',
    resourceVersion,
    initialEventsEnd: isRecord(annotations) && annotations[initialEventsEnd] === 'true',
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
