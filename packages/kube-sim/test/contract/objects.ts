/** A ConfigMap. */
export function configMap(
  name: string,
  data: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): { apiVersion: string; kind: string; metadata: Record<string, unknown>; data: object } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

/** A Service on port 80, with what `spec` says otherwise. */
export function service(name: string, spec: Readonly<Record<string, unknown>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

/** A Lease of 15 s. */
export function lease(
  name: string,
  holderIdentity: string = 'someone',
  renewTime: string = '2026-01-01T00:00:00.000000Z',
): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: { holderIdentity, leaseDurationSeconds: 15, renewTime, leaseTransitions: 0 },
  };
}

/** A custom object of {@link widgetDefinition}. */
export function widget(name: string, spec: Readonly<Record<string, unknown>>): object {
  return { apiVersion: 'contract.picluster.test/v1', kind: 'Widget', metadata: { name }, spec };
}

const widgetSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
        tags: { type: 'array', maxItems: 3, items: { type: 'string', pattern: '^[a-z]+$' } },
        nested: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
      },
    },
    status: { type: 'object', properties: { seen: { type: 'integer' } } },
  },
};

/** A CustomResourceDefinition with a rule of every kind that the suite asks for. */
export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.picluster.test' },
  spec: {
    group: 'contract.picluster.test',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: { openAPIV3Schema: widgetSchema },
      },
    ],
  },
} as const;
