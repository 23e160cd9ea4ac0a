import { humanDuration } from './duration.ts';
import { arrayOf, fieldsOf, isFields, valueAt, type KubeObject, textOf } from './object.ts';
import type { Column } from './resources.ts';
import { parseRfc3339 } from './seams/timestamp.ts';

const none = '<none>';

/** The name, first in every table. */
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => object.metadata.name,
};

/** How long ago a timestamp was, as kubectl writes it. */
export function ageCell(timestamp: unknown, wallMs: number): string {
  const sinceMs = wallMs - parseRfc3339(timestamp);
  return Number.isNaN(sinceMs) ? '<unknown>' : humanDuration(sinceMs);
}

/** The age, last in most tables. */
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, wallMs) => ageCell(object.metadata.creationTimestamp, wallMs),
};

/** A text column; `wide` ones need `-o wide`. */
export function column(
  name: string,
  cell: (object: KubeObject, wallMs: number) => unknown,
  wide: boolean = false,
): Column {
  return { name, type: 'string', priority: wide ? 1 : 0, cell };
}

/** Name, then these, then the age. */
export function standardColumns(...columns: readonly Column[]): Column[] {
  const wide = columns.filter((one) => (one.priority ?? 0) > 0);
  return [nameColumn, ...columns.filter((one) => (one.priority ?? 0) === 0), ageColumn, ...wide];
}

/** Name and creation time, as the RBAC roles show. */
export const createdAtColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp },
];

function text(value: unknown, absent: string = none): string {
  return typeof value === 'string' && value !== '' ? value : absent;
}

function labelsText(labels: unknown): string {
  const pairs = Object.entries(fieldsOf(labels)).map(([key, value]) => `${key}=${textOf(value)}`);
  return pairs.length === 0 ? none : pairs.sort().join(',');
}

function externalIp(service: KubeObject): string {
  const spec = fieldsOf(service.spec);
  const external = arrayOf(spec['externalIPs']).map((one) => textOf(one));
  if (spec['type'] === 'ExternalName') return text(spec['externalName']);
  if (spec['type'] !== 'LoadBalancer') return external.length > 0 ? external.join(',') : none;
  const ingress = arrayOf(valueAt(service, 'status.loadBalancer.ingress')).map((entry) =>
    textOf(valueAt(entry, 'ip') ?? valueAt(entry, 'hostname')),
  );
  const all = [...ingress, ...external];
  return all.length > 0 ? all.join(',') : '<pending>';
}

function portsText(service: KubeObject): string {
  const ports = arrayOf(service.spec?.['ports']).filter(isFields);
  if (ports.length === 0) return none;
  return ports
    .map((port) => {
      const nodePort = port['nodePort'] === undefined ? '' : `:${textOf(port['nodePort'])}`;
      return `${textOf(port['port'])}${nodePort}/${textOf(port['protocol'])}`;
    })
    .join(',');
}

/** `kubectl get services`. */
export const serviceColumns: readonly Column[] = standardColumns(
  column('Type', (service) => service.spec?.['type']),
  column('Cluster-IP', (service) => text(service.spec?.['clusterIP'])),
  column('External-IP', externalIp),
  column('Port(s)', portsText),
  column('Selector', (service) => labelsText(service.spec?.['selector']), true),
);

function nodeStatus(node: KubeObject): string {
  const ready = arrayOf(node.status?.['conditions']).find(
    (one) => valueAt(one, 'type') === 'Ready',
  );
  const state =
    ready === undefined ? 'Unknown' : valueAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.['unschedulable'] === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix) && label.length > prefix.length)
    .map((label) => label.slice(prefix.length));
  return roles.length === 0 ? none : roles.sort().join(',');
}

function nodeAddress(type: string): (node: KubeObject) => string {
  return (node) => {
    const found = arrayOf(node.status?.['addresses']).find((one) => valueAt(one, 'type') === type);
    return text(valueAt(found, 'address'));
  };
}

/** `kubectl get nodes`. */
export const nodeColumns: readonly Column[] = standardColumns(
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  column('Internal-IP', nodeAddress('InternalIP'), true),
  column('External-IP', nodeAddress('ExternalIP'), true),
  column('OS-Image', (node) => text(valueAt(node, 'status.nodeInfo.osImage'), '<unknown>'), true),
  column(
    'Kernel-Version',
    (node) => text(valueAt(node, 'status.nodeInfo.kernelVersion'), '<unknown>'),
    true,
  ),
  column(
    'Container-Runtime',
    (node) => text(valueAt(node, 'status.nodeInfo.containerRuntimeVersion'), '<unknown>'),
    true,
  ),
).toSpliced(
  4,
  0,
  column('Version', (node) => valueAt(node, 'status.nodeInfo.kubeletVersion') ?? ''),
);

/** `kubectl get pods`. */
export const podColumns: readonly Column[] = standardColumns(
  column('Ready', (pod) => {
    const statuses = arrayOf(pod.status?.['containerStatuses']);
    const ready = statuses.filter((one) => valueAt(one, 'ready') === true).length;
    return `${ready}/${arrayOf(pod.spec?.['containers']).length}`;
  }),
  column('Status', (pod) =>
    pod.metadata.deletionTimestamp === undefined ? text(pod.status?.['phase'], '') : 'Terminating',
  ),
  column('Restarts', (pod) =>
    textOf(
      arrayOf(pod.status?.['containerStatuses'])
        .map((one) => Number(valueAt(one, 'restartCount') ?? 0))
        .reduce((sum, restarts) => sum + restarts, 0),
    ),
  ),
  column('IP', (pod) => text(pod.status?.['podIP']), true),
  column('Node', (pod) => text(pod.spec?.['nodeName']), true),
);

function eventTime(event: KubeObject, ...fields: readonly string[]): unknown {
  return fields.map((field) => event[field]).find((value) => typeof value === 'string');
}

/** `kubectl get events`. */
export const eventColumns: readonly Column[] = [
  column('Last Seen', (event, wallMs) =>
    ageCell(eventTime(event, 'lastTimestamp', 'eventTime', 'firstTimestamp'), wallMs),
  ),
  column('Type', (event) => text(event['type'], '')),
  column('Reason', (event) => text(event['reason'], '')),
  column('Object', (event) => {
    const about = fieldsOf(event['involvedObject']);
    return `${text(about['kind'], '').toLowerCase()}/${text(about['name'], '')}`;
  }),
  column('Subobject', (event) => text(valueAt(event, 'involvedObject.fieldPath'), ''), true),
  column(
    'Source',
    (event) => text(valueAt(event, 'source.component') ?? event['reportingComponent'], ''),
    true,
  ),
  column('Message', (event) => text(event['message'], '').trim()),
  column(
    'First Seen',
    (event, wallMs) => ageCell(eventTime(event, 'firstTimestamp', 'eventTime'), wallMs),
    true,
  ),
  column('Count', (event) => textOf(event['count'] ?? 1), true),
  { ...nameColumn, priority: 1 },
];

function joined(values: readonly unknown[], limit: number): string {
  if (values.length === 0) return '<unset>';
  const more = values.length > limit ? ` + ${values.length - limit} more...` : '';
  return `${values
    .slice(0, limit)
    .map((one) => textOf(one))
    .join(',')}${more}`;
}

/** `kubectl get endpointslices`. */
export const endpointSliceColumns: readonly Column[] = standardColumns(
  column('AddressType', (slice) => slice['addressType']),
  column('Ports', (slice) =>
    joined(
      arrayOf(slice['ports']).map((port) => valueAt(port, 'port')),
      3,
    ),
  ),
  column('Endpoints', (slice) =>
    joined(
      arrayOf(slice['endpoints']).flatMap((one) => arrayOf(valueAt(one, 'addresses'))),
      3,
    ),
  ),
);

/** `kubectl get endpoints`. */
export const endpointsColumns: readonly Column[] = standardColumns(
  column('Endpoints', (endpoints) => {
    const all = arrayOf(endpoints['subsets']).flatMap((subset) =>
      arrayOf(valueAt(subset, 'addresses')).flatMap((address) =>
        arrayOf(valueAt(subset, 'ports')).map(
          (port) => `${textOf(valueAt(address, 'ip'))}:${textOf(valueAt(port, 'port'))}`,
        ),
      ),
    );
    return all.length === 0 ? none : joined(all, 3);
  }),
);

/** `kubectl get deployments`. */
export const deploymentColumns: readonly Column[] = standardColumns(
  column('Ready', (one) => `${count(one, 'readyReplicas')}/${textOf(one.spec?.['replicas'] ?? 1)}`),
  column('Up-to-date', (one) => count(one, 'updatedReplicas')),
  column('Available', (one) => count(one, 'availableReplicas')),
);

/** `kubectl get daemonsets`. */
export const daemonSetColumns: readonly Column[] = standardColumns(
  column('Desired', (one) => count(one, 'desiredNumberScheduled')),
  column('Current', (one) => count(one, 'currentNumberScheduled')),
  column('Ready', (one) => count(one, 'numberReady')),
  column('Up-to-date', (one) => count(one, 'updatedNumberScheduled')),
  column('Available', (one) => count(one, 'numberAvailable')),
  column('Node Selector', (one) => labelsText(valueAt(one, 'spec.template.spec.nodeSelector'))),
);

function count(object: KubeObject, field: string): number {
  const value = object.status?.[field];
  return typeof value === 'number' ? value : 0;
}
