import { nameColumn } from './columns.ts';
import { without, type Fields, type KubeObject } from './object.ts';
import { groupVersion, type Resource } from './resources.ts';

/** How a client wants objects: whole, as rows for printing, or their metadata alone. */
export type Form = 'object' | 'table' | 'metadata';

/** The form that an Accept header asks for first among those the server has; protobuf falls back to JSON. */
export function formOf(accept: string): Form {
  for (const part of accept.split(',')) {
    if (/;\s*as=Table/.test(part)) return 'table';
    if (/;\s*as=PartialObjectMetadata/.test(part)) return 'metadata';
    if (/^\s*(application\/json|\*\/\*)\s*(;|$)/.test(part)) return 'object';
  }
  return 'object';
}

/** The object as a version of its resource shows it. */
export function shown(resource: Resource, object: KubeObject): KubeObject {
  return resource.fromStorage === undefined ? object : resource.fromStorage(object);
}

function metadataOf(object: KubeObject): Fields {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  };
}

function row(resource: Resource, object: KubeObject, wallMs: number): Fields {
  return {
    cells: resource.columns.map((column) => column.cell(object, wallMs) ?? null),
    object: metadataOf(object),
  };
}

function columnDefinitions(resource: Resource): Fields[] {
  return resource.columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column === nameColumn ? 'Name of the object.' : `${column.name} of the object.`,
    priority: column.priority ?? 0,
  }));
}

function table(resource: Resource, objects: readonly KubeObject[], wallMs: number): Fields {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    columnDefinitions: columnDefinitions(resource),
    rows: objects.map((object) => row(resource, object, wallMs)),
  };
}

/** One object in a form. */
export function presentObject(
  resource: Resource,
  object: KubeObject,
  form: Form,
  wallMs: number,
): Fields {
  const visible = shown(resource, object);
  if (form === 'metadata') return metadataOf(visible);
  if (form === 'object') return visible;
  const { resourceVersion } = object.metadata;
  return { ...table(resource, [visible], wallMs), metadata: { resourceVersion } };
}

/** A list in a form, with the list's own metadata. */
export function presentList(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: Fields,
  form: Form,
  wallMs: number,
): Fields {
  const visible = objects.map((object) => shown(resource, object));
  if (form === 'table') return { ...table(resource, visible, wallMs), metadata };
  if (form === 'metadata') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: visible.map(metadataOf),
    };
  }
  // Items of a built-in list carry no kind and apiVersion of their own; those of a custom list do.
  const items = resource.custom
    ? visible
    : visible.map((object) => without(without(object, 'kind'), 'apiVersion'));
  return { kind: resource.listKind, apiVersion: groupVersion(resource), metadata, items };
}

/** The object of a BOOKMARK event: nothing but a version. */
export function presentBookmark(
  resource: Resource,
  version: number,
  form: Form,
  annotations?: Record<string, string>,
): Fields {
  const metadata = {
    resourceVersion: String(version),
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (form === 'table') {
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      columnDefinitions: [],
      rows: [],
    };
  }
  if (form === 'metadata') {
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  }
  return { kind: resource.kind, apiVersion: groupVersion(resource), metadata };
}
