import type { Resource } from './resource.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** A column that `kubectl get` prints. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'boolean' | 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A version that is served beside the one that is stored, for manifests that still name it. */
export interface OlderVersion {
  readonly version: string;
  /** What the API server says to whoever uses it. */
  readonly warning: string;
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

/**
 * The CustomResourceDefinition of a namespaced kind with a status subresource. Older versions have the same schema: the API server then changes nothing of an object but the name of
 * its version, and no webhook has to. Without columns `kubectl get` prints name and age.
 */
export function crdManifest(
  resource: Resource,
  schema: StructuralSchema,
  columns: readonly PrinterColumn[],
  older: readonly OlderVersion[] = [],
): CrdManifest {
  const properties = { ...STANDARD_PROPERTIES, ...schema.properties };
  const version = {
    subresources: { status: {} },
    ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns }),
    schema: { openAPIV3Schema: { ...schema, properties } },
  };
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
      ...(older.length === 0 ? {} : { conversion: { strategy: 'None' } }),
      versions: [
        ...older.map(({ version: name, warning }) => ({
          name,
          served: true,
          storage: false,
          deprecated: true,
          deprecationWarning: warning,
          ...version,
        })),
        { name: resource.version, served: true, storage: true, ...version },
      ],
    },
  };
}
