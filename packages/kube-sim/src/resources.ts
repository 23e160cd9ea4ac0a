import type { Cause } from './api-error.ts';
import type { KubeObject } from './object.ts';
import type { Schema } from './schema.ts';

/** One column of `kubectl get`. */
export interface Column {
  readonly name: string;
  /** OpenAPI type: string, integer, boolean or date. */
  readonly type: string;
  readonly format?: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, wallMs: number) => unknown;
}

/** What the API server knows about one resource in one version. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Name in the store, shared by all versions of the resource. */
  readonly storage: string;
  /** Whether there is a status subresource; then a write of the object leaves `status` alone, and the other way round. */
  readonly hasStatus: boolean;
  /** Nodes alone keep the status they are created with. */
  readonly keepsStatusOnCreate: boolean;
  /** Whether `metadata.generation` counts changes outside metadata and status. */
  readonly hasGeneration: boolean;
  /** Whether a PUT without a resource version overwrites; otherwise it is a 422. */
  readonly unconditionalUpdate: boolean;
  /** Whether a PUT of an absent object creates it; otherwise it is a 404. */
  readonly createOnUpdate: boolean;
  /** Whether it comes from a CustomResourceDefinition: then strategic merge is refused. */
  readonly custom: boolean;
  /** Store version from which it can be watched: that of its CustomResourceDefinition. */
  readonly servedSince: number;
  readonly schema?: Schema;
  /** Fields that a field selector may name, besides metadata.name and metadata.namespace. */
  readonly fieldLabels: readonly string[];
  readonly columns: readonly Column[];
  /** Fills in what the server adds: defaults, allocated addresses. `previous` is the stored object on an update. */
  readonly complete?: (object: KubeObject, previous: KubeObject | undefined) => KubeObject;
  /** Rules beyond the schema, on the completed object. */
  readonly check?: (object: KubeObject, previous: KubeObject | undefined) => readonly Cause[];
  /** From this version's shape to the stored one, and back. */
  readonly toStorage?: (object: KubeObject) => KubeObject;
  readonly fromStorage?: (object: KubeObject) => KubeObject;
}

/** `v1`, or `group/version`. */
export function groupVersion(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resources that are served now: the built-in ones and those that CustomResourceDefinitions add. */
export class ResourceRegistry {
  readonly #builtIn: readonly Resource[];
  readonly #custom = new Map<string, readonly Resource[]>();

  constructor(builtIn: readonly Resource[]) {
    this.#builtIn = builtIn;
  }

  /** All of them, built-in ones first. */
  all(): Resource[] {
    return [...this.#builtIn, ...[...this.#custom.values()].flat()];
  }

  /** The resource at `/apis/<group>/<version>/<plural>`; the core group is the empty string. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.all().find(
      (one) => one.group === group && one.version === version && one.plural === plural,
    );
  }

  /** The resource of an object, by its `apiVersion` and `kind`. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.all().find((one) => groupVersion(one) === apiVersion && one.kind === kind);
  }

  /** Serves the resources of a CustomResourceDefinition from now on; an empty list ends that. */
  serveCustom(definitionName: string, resources: readonly Resource[]): void {
    if (resources.length === 0) this.#custom.delete(definitionName);
    else this.#custom.set(definitionName, resources);
  }

  /** The resources that a CustomResourceDefinition added. */
  customOf(definitionName: string): readonly Resource[] {
    return this.#custom.get(definitionName) ?? [];
  }
}
