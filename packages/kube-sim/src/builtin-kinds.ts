import type { Cause } from './api-error.ts';
import type { FieldTypes } from './field-types.ts';
import { arrayOf, fieldsOf, isFields, merged, textOf, type KubeObject } from './object.ts';

/** Wrong types that the real server's decoder refuses with a 400, by kind. */
export const builtInFieldTypes: Readonly<Record<string, FieldTypes>> = {
  Service: {
    'spec.ports[].port': 'int32',
    'spec.ports[].nodePort': 'int32',
    'spec.ports[].name': 'string',
    'spec.type': 'string',
    'spec.clusterIP': 'string',
    'spec.loadBalancerIP': 'string',
    'spec.selector{}': 'string',
    'spec.allocateLoadBalancerNodePorts': 'boolean',
  },
  Lease: {
    'spec.holderIdentity': 'string',
    'spec.leaseDurationSeconds': 'int32',
    'spec.leaseTransitions': 'int32',
    'spec.acquireTime': 'MicroTime',
    'spec.renewTime': 'MicroTime',
  },
  Event: { count: 'int32', eventTime: 'MicroTime', message: 'string', reason: 'string' },
  ConfigMap: { 'data{}': 'string' },
  Node: { 'spec.unschedulable': 'boolean' },
};

/** A Namespace is labelled with its name and Active. */
export function completeNamespace(namespace: KubeObject): KubeObject {
  const labels = {
    ...namespace.metadata.labels,
    'kubernetes.io/metadata.name': namespace.metadata.name ?? '',
  };
  return {
    ...namespace,
    metadata: { ...namespace.metadata, labels },
    spec: { finalizers: ['kubernetes'], ...namespace.spec },
    status: { phase: 'Active', ...namespace.status },
  };
}

/** A Pod waits until somebody says otherwise. */
export function completePod(pod: KubeObject): KubeObject {
  return { ...pod, status: { phase: 'Pending', ...pod.status } };
}

/** `stringData` goes into `data`. */
export function completeSecret(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  const encoded = Object.entries(fieldsOf(stringData)).map(([key, value]) => [
    key,
    Buffer.from(textOf(value)).toString('base64'),
  ]);
  const data = { ...fieldsOf(rest['data']), ...Object.fromEntries(encoded) };
  return {
    ...rest,
    type: secret['type'] ?? 'Opaque',
    ...(Object.keys(data).length > 0 ? { data } : {}),
  };
}

/** Ports of an EndpointSlice are TCP unless they say otherwise. */
export function completeEndpointSlice(slice: KubeObject): KubeObject {
  const ports = arrayOf(slice['ports']).map((port) =>
    isFields(port) ? merged({ name: '', protocol: 'TCP' }, port) : port,
  );
  return { ...slice, endpoints: arrayOf(slice['endpoints']), ports };
}

/** Durations and counters of a Lease have a minimum. */
export function checkLease(lease: KubeObject): Cause[] {
  const causes: Cause[] = [];
  const rule = (field: string, min: number, why: string): void => {
    const value = lease.spec?.[field];
    if (typeof value !== 'number' || value >= min) return;
    const message = `Invalid value: ${value}: ${why}`;
    causes.push({ reason: 'FieldValueInvalid', message, field: `spec.${field}` });
  };
  rule('leaseDurationSeconds', 1, 'must be greater than 0');
  rule('leaseTransitions', 0, 'must be greater than or equal to 0');
  return causes;
}
