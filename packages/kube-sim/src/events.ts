import type { Cause } from './api-error.ts';
import { fieldsOf, type Fields, type KubeObject } from './object.ts';

/** Names of the same field in `v1` and in `events.k8s.io/v1`. */
const renamed: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];

function renameFields(object: KubeObject, from: 0 | 1, apiVersion: string): KubeObject {
  const names = new Map(renamed.map((pair) => [pair[from], pair[1 - from] ?? '']));
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]);
  return { ...(Object.fromEntries(fields) as KubeObject), apiVersion };
}

/** An `events.k8s.io/v1` Event as the `v1` Event that is stored. */
export function eventToCore(event: KubeObject): KubeObject {
  return renameFields(event, 1, 'v1');
}

/** A stored Event as `events.k8s.io/v1` shows it. */
export function eventFromCore(event: KubeObject): KubeObject {
  return renameFields(event, 0, 'events.k8s.io/v1');
}

/** An Event with the fields that the server always shows. */
export function completeEvent(event: KubeObject): KubeObject {
  const empty: Fields = {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  };
  return { ...empty, ...event };
}

/** An Event must lie in the namespace of what it is about. */
export function checkEvent(event: KubeObject): Cause[] {
  const about = fieldsOf(event['involvedObject'])['namespace'] ?? '';
  const own = event.metadata.namespace ?? '';
  if (about === own || (about === '' && (own === 'default' || own === 'kube-system'))) return [];
  const message = `Invalid value: ${JSON.stringify(about)}: does not match event.namespace`;
  return [{ reason: 'FieldValueInvalid', message, field: 'involvedObject.namespace' }];
}
