import {
  ageColumn,
  column,
  createdAtColumns,
  daemonSetColumns,
  deploymentColumns,
  endpointsColumns,
  endpointSliceColumns,
  eventColumns,
  nameColumn,
  nodeColumns,
  podColumns,
  serviceColumns,
  standardColumns,
} from './columns.ts';
import {
  checkLease,
  completeEndpointSlice,
  completeNamespace,
  completePod,
  completeSecret,
} from './builtin-kinds.ts';
import { checkEvent, completeEvent, eventFromCore, eventToCore } from './events.ts';
import { fieldsOf, valueAt, type KubeObject, textOf } from './object.ts';
import type { Resource } from './resources.ts';
import type { ServiceNetwork } from './service-network.ts';
import { checkService, completeService } from './services.ts';

type Given = Pick<Resource, 'kind' | 'plural'> & Partial<Resource>;

/** A built-in resource: what is not said is as most of Kubernetes' resources have it. */
function builtIn(given: Given): Resource {
  const group = given.group ?? '';
  return {
    group,
    version: 'v1',
    singular: given.kind.toLowerCase(),
    listKind: `${given.kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    storage: group === '' ? given.plural : `${given.plural}.${group}`,
    hasStatus: false,
    keepsStatusOnCreate: false,
    hasGeneration: false,
    unconditionalUpdate: true,
    createOnUpdate: false,
    custom: false,
    servedSince: 0,
    fieldLabels: [],
    columns: standardColumns(),
    ...given,
  };
}

const eventFieldLabels = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
];

const event: Given = {
  kind: 'Event',
  plural: 'events',
  storage: 'events',
  shortNames: ['ev'],
  createOnUpdate: true,
  columns: eventColumns,
  fieldLabels: eventFieldLabels,
  complete: completeEvent,
  check: checkEvent,
};

/** Every built-in resource; Services take their addresses from `network`. */
export function builtInResources(network: ServiceNetwork): Resource[] {
  return [
    ...coreResources(network),
    builtIn({
      ...event,
      group: 'events.k8s.io',
      toStorage: eventToCore,
      fromStorage: eventFromCore,
    }),
    builtIn({
      group: 'discovery.k8s.io',
      kind: 'EndpointSlice',
      plural: 'endpointslices',
      hasGeneration: true,
      columns: endpointSliceColumns,
      complete: completeEndpointSlice,
    }),
    builtIn({
      group: 'coordination.k8s.io',
      kind: 'Lease',
      plural: 'leases',
      unconditionalUpdate: false,
      createOnUpdate: true,
      columns: standardColumns(column('Holder', (lease) => lease.spec?.['holderIdentity'] ?? '')),
      check: checkLease,
    }),
    ...workloadResources(),
    ...rbacResources(),
    builtIn({
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
      plural: 'customresourcedefinitions',
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      namespaced: false,
      hasStatus: true,
      hasGeneration: true,
      unconditionalUpdate: false,
      columns: createdAtColumns,
    }),
  ];
}

function coreResources(network: ServiceNetwork): Resource[] {
  return [
    builtIn({
      kind: 'ConfigMap',
      plural: 'configmaps',
      shortNames: ['cm'],
      columns: standardColumns(column('Data', (map) => Object.keys(fieldsOf(map['data'])).length)),
    }),
    builtIn({
      kind: 'Endpoints',
      plural: 'endpoints',
      shortNames: ['ep'],
      createOnUpdate: true,
      columns: endpointsColumns,
    }),
    builtIn(event),
    builtIn({
      kind: 'Namespace',
      plural: 'namespaces',
      shortNames: ['ns'],
      namespaced: false,
      hasStatus: true,
      fieldLabels: ['status.phase'],
      columns: standardColumns(column('Status', (one) => one.status?.['phase'])),
      complete: completeNamespace,
    }),
    builtIn({
      kind: 'Node',
      plural: 'nodes',
      shortNames: ['no'],
      namespaced: false,
      hasStatus: true,
      keepsStatusOnCreate: true,
      fieldLabels: ['spec.unschedulable'],
      columns: nodeColumns,
    }),
    builtIn({
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: ['all'],
      hasStatus: true,
      hasGeneration: true,
      fieldLabels: ['spec.nodeName', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
      columns: podColumns,
      complete: completePod,
    }),
    builtIn({
      kind: 'Secret',
      plural: 'secrets',
      fieldLabels: ['type'],
      columns: standardColumns(
        column('Type', (secret) => secret['type']),
        column('Data', (secret) => Object.keys(fieldsOf(secret['data'])).length),
      ),
      complete: completeSecret,
    }),
    builtIn({
      kind: 'ServiceAccount',
      plural: 'serviceaccounts',
      shortNames: ['sa'],
      columns: standardColumns(),
    }),
    builtIn({
      kind: 'Service',
      plural: 'services',
      shortNames: ['svc'],
      categories: ['all'],
      hasStatus: true,
      fieldLabels: ['spec.clusterIP', 'spec.type'],
      columns: serviceColumns,
      complete: (service, previous) => completeService(network, service, previous),
      check: (service, previous) => checkService(network, service, previous),
    }),
  ];
}

function workloadResources(): Resource[] {
  const workload = {
    group: 'apps',
    hasStatus: true,
    hasGeneration: true,
    categories: ['all'],
  };
  return [
    builtIn({
      ...workload,
      kind: 'Deployment',
      plural: 'deployments',
      shortNames: ['deploy'],
      columns: deploymentColumns,
    }),
    builtIn({
      ...workload,
      kind: 'DaemonSet',
      plural: 'daemonsets',
      shortNames: ['ds'],
      columns: daemonSetColumns,
    }),
  ];
}

function rbacResources(): Resource[] {
  const group = 'rbac.authorization.k8s.io';
  const binding = [
    nameColumn,
    column('Role', (one: KubeObject) =>
      ['kind', 'name'].map((field) => textOf(valueAt(one, `roleRef.${field}`))).join('/'),
    ),
    ageColumn,
  ];
  const kinds = [
    { kind: 'Role', plural: 'roles', namespaced: true, columns: createdAtColumns },
    { kind: 'RoleBinding', plural: 'rolebindings', namespaced: true, columns: binding },
    { kind: 'ClusterRole', plural: 'clusterroles', namespaced: false, columns: createdAtColumns },
    {
      kind: 'ClusterRoleBinding',
      plural: 'clusterrolebindings',
      namespaced: false,
      columns: binding,
    },
  ];
  return kinds.map((given) => builtIn({ ...given, group, createOnUpdate: true }));
}
