import { configurationStateSchema } from './configuration-state.ts';
import { ipAddressPoolSchema } from './ip-address-pool.ts';
import { l2AdvertisementSchema } from './l2-advertisement.ts';
import {
  ConfigurationStateResource,
  IPAddressPoolResource,
  L2AdvertisementResource,
  ServiceL2StatusResource,
  type Resource,
} from './resource.ts';
import { serviceL2StatusSchema } from './service-l2-status.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** A column that `kubectl get` prints. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'boolean' | 'string' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A CustomResourceDefinition, ready to be applied. */
export interface CrdManifest {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const STANDARD_PROPERTIES = {
  apiVersion: { type: 'string', description: 'Group and version of this object’s schema.' },
  kind: { type: 'string', description: 'What this object is.' },
  metadata: { type: 'object' },
} as const satisfies Record<string, StructuralSchema>;

/** The CustomResourceDefinition of a namespaced kind with a status subresource. */
export function crdManifest(
  resource: Resource,
  schema: StructuralSchema,
  columns: readonly PrinterColumn[],
): CrdManifest {
  const properties = { ...STANDARD_PROPERTIES, ...schema.properties };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${resource.group}` },
    spec: {
      group: resource.group,
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.kind.toLowerCase(),
      },
      scope: 'Namespaced',
      versions: [
        {
          name: resource.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: { ...schema, properties } },
        },
      ],
    },
  };
}

/** All our CustomResourceDefinitions. `deploy/crds` has them as YAML. */
export const crdManifests: readonly CrdManifest[] = [
  crdManifest(ConfigurationStateResource, configurationStateSchema, [
    {
      name: 'Result',
      type: 'string',
      jsonPath: '.status.result',
      description: 'Whether the configuration is in force as it is written.',
    },
    {
      name: 'ErrorSummary',
      type: 'string',
      jsonPath: '.status.errorSummary',
      description: 'What is wrong with it.',
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'How long the object has been there.',
    },
  ]),
  crdManifest(IPAddressPoolResource, ipAddressPoolSchema, [
    {
      name: 'Auto Assign',
      type: 'boolean',
      jsonPath: '.spec.autoAssign',
      description: 'Whether Services get these addresses without asking.',
    },
    {
      name: 'Avoid Buggy IPs',
      type: 'boolean',
      jsonPath: '.spec.avoidBuggyIPs',
      description: 'Whether addresses that end in .0 and .255 are left out.',
    },
    {
      name: 'Addresses',
      type: 'string',
      jsonPath: '.spec.addresses',
      description: 'CIDRs and ranges.',
    },
  ]),
  crdManifest(L2AdvertisementResource, l2AdvertisementSchema, [
    {
      name: 'IPAddressPools',
      type: 'string',
      jsonPath: '.spec.ipAddressPools',
      description: 'Pools that are announced, by name.',
    },
    {
      name: 'IPAddressPool Selectors',
      type: 'string',
      jsonPath: '.spec.ipAddressPoolSelectors',
      description: 'Pools that are announced, by label.',
    },
    {
      name: 'Interfaces',
      type: 'string',
      jsonPath: '.spec.interfaces',
      description: 'Interfaces announced on.',
    },
    {
      name: 'Node Selectors',
      type: 'string',
      jsonPath: '.spec.nodeSelectors',
      description: 'Nodes that may announce.',
      priority: 10,
    },
  ]),
  crdManifest(ServiceL2StatusResource, serviceL2StatusSchema, [
    {
      name: 'Allocated Node',
      type: 'string',
      jsonPath: '.status.node',
      description: 'The Node that announces.',
    },
    {
      name: 'Service Name',
      type: 'string',
      jsonPath: '.status.serviceName',
      description: 'The Service that is announced.',
    },
    {
      name: 'Service Namespace',
      type: 'string',
      jsonPath: '.status.serviceNamespace',
      description: 'The namespace of that Service.',
    },
  ]),
];
