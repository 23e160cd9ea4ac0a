import { ageCell, column, nameColumn } from './columns.ts';
import type { Cause } from './api-error.ts';
import { arrayOf, fieldsOf, isFields, type Fields, type KubeObject, textOf } from './object.ts';
import type { Column, Resource } from './resources.ts';

/** Rules on a custom object that its schema cannot state; CRDs state them in CEL, which is not evaluated here. */
export type CustomCheck = (object: KubeObject) => readonly Cause[];

/** A CustomResourceDefinition as the server completes it, established at once. */
export function completeDefinition(definition: KubeObject, timestamp: string): KubeObject {
  const spec = fieldsOf(definition.spec);
  const names = fieldsOf(spec['names']);
  const kind = textOf(names['kind'] ?? '');
  const accepted = { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names };
  const condition = (type: string, reason: string, message: string): Fields => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: timestamp,
  });
  const stored = arrayOf(spec['versions'])
    .filter((version) => fieldsOf(version)['storage'] === true)
    .map((version) => fieldsOf(version)['name']);
  return {
    ...definition,
    spec: { conversion: { strategy: 'None' }, ...spec, names: accepted },
    status: {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: accepted,
      storedVersions: stored,
      ...definition.status,
    },
  };
}

/** What is wrong with a CustomResourceDefinition. */
export function checkDefinition(definition: KubeObject): Cause[] {
  const spec = fieldsOf(definition.spec);
  const names = fieldsOf(spec['names']);
  const causes: Cause[] = [];
  const required = (field: string, value: unknown): void => {
    if (value !== undefined && value !== '') return;
    causes.push({ reason: 'FieldValueRequired', message: 'Required value', field });
  };
  required('spec.group', spec['group']);
  required('spec.scope', spec['scope']);
  required('spec.names.plural', names['plural']);
  required('spec.names.kind', names['kind']);
  const name = `${textOf(names['plural'])}.${textOf(spec['group'])}`;
  if (causes.length === 0 && definition.metadata.name !== name) {
    const value = JSON.stringify(definition.metadata.name);
    const message = `Invalid value: ${value}: must be spec.names.plural+"."+spec.group`;
    causes.push({ reason: 'FieldValueInvalid', message, field: 'metadata.name' });
  }
  const versions = arrayOf(spec['versions']).filter(isFields);
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    const message = `Invalid value: ${versions.length}: must have exactly one version marked as storage version`;
    causes.push({ reason: 'FieldValueInvalid', message, field: 'spec.versions' });
  }
  for (const [index, version] of versions.entries()) {
    required(
      `spec.versions[${index}].schema.openAPIV3Schema`,
      fieldsOf(version['schema'])['openAPIV3Schema'],
    );
  }
  return causes;
}

/** The resources a CustomResourceDefinition serves, one for each served version. */
export function resourcesOf(
  definition: KubeObject,
  servedSince: number,
  check: CustomCheck | undefined,
): Resource[] {
  const spec = fieldsOf(definition.spec);
  return arrayOf(spec['versions'])
    .filter(isFields)
    .filter((version) => version['served'] === true)
    .map((version) => customResource(definition, version, servedSince, check));
}

function strings(value: unknown): string[] {
  return arrayOf(value).map((one) => textOf(one));
}

function customResource(
  definition: KubeObject,
  version: Fields,
  servedSince: number,
  check: CustomCheck | undefined,
): Resource {
  const spec = fieldsOf(definition.spec);
  const names = fieldsOf(spec['names']);
  const group = textOf(spec['group']);
  const storageVersion = arrayOf(spec['versions']).find((one) => fieldsOf(one)['storage'] === true);
  const withVersion =
    (name: unknown) =>
    (object: KubeObject): KubeObject => ({ ...object, apiVersion: `${group}/${textOf(name)}` });
  return {
    group,
    version: textOf(version['name']),
    kind: textOf(names['kind']),
    plural: textOf(names['plural']),
    singular: textOf(names['singular']),
    listKind: textOf(names['listKind']),
    shortNames: strings(names['shortNames']),
    categories: strings(names['categories']),
    namespaced: spec['scope'] === 'Namespaced',
    storage: `${textOf(names['plural'])}.${group}`,
    hasStatus: fieldsOf(version['subresources'])['status'] !== undefined,
    keepsStatusOnCreate: false,
    hasGeneration: true,
    unconditionalUpdate: false,
    createOnUpdate: false,
    custom: true,
    servedSince,
    schema: fieldsOf(fieldsOf(version['schema'])['openAPIV3Schema']),
    fieldLabels: arrayOf(version['selectableFields']).map((field) =>
      textOf(fieldsOf(field)['jsonPath']).replace(/^\./, ''),
    ),
    columns: printerColumns(version),
    ...(check === undefined ? {} : { check }),
    toStorage: withVersion(fieldsOf(storageVersion)['name']),
    fromStorage: withVersion(version['name']),
  };
}

function printerColumns(version: Fields): Column[] {
  const given = arrayOf(version['additionalPrinterColumns']).filter(isFields);
  if (given.length === 0) {
    const age = column('Age', (object, wallMs) =>
      ageCell(object.metadata.creationTimestamp, wallMs),
    );
    return [nameColumn, { ...age, type: 'date' }];
  }
  return [
    nameColumn,
    ...given.map((one): Column => {
      const type = textOf(one['type']);
      const path = textOf(one['jsonPath']);
      return {
        name: textOf(one['name']),
        type,
        format: textOf(one['format']),
        priority: typeof one['priority'] === 'number' ? one['priority'] : 0,
        cell: (object, wallMs) => printed(type, jsonPathValues(object, path), wallMs),
      };
    }),
  ];
}

function printed(type: string, values: readonly unknown[], wallMs: number): unknown {
  const [value] = values;
  if (value === undefined) return null;
  if (type === 'date') return ageCell(value, wallMs);
  if (type !== 'string') return value;
  const texts = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return texts.join(' ');
}

/** The values at a JSONPath of the simple kind that printer columns use: `.a.b`, `.a[0]`, `.a[*].b`, `.a['b']`, `.a[?(@.b=="c")].d`. */
export function jsonPathValues(object: unknown, path: string): unknown[] {
  const steps = path.matchAll(
    /\.((?:[^.[\]\\]|\\.)+)|\[(\d+|\*)\]|\[['"]([^'"]+)['"]\]|\[\?\(@\.([\w.]+)\s*==\s*['"]([^'"]*)['"]\)\]/g,
  );
  let values: unknown[] = [object];
  for (const [, field, index, quoted, key, wanted] of steps) {
    const name = field?.replaceAll('\\', '') ?? quoted;
    values = values.flatMap((value): unknown[] => {
      if (name !== undefined) return isFields(value) ? [value[name]] : [];
      if (!Array.isArray(value)) return [];
      if (index === '*') return value;
      if (index !== undefined) return [value[Number(index)]];
      return value.filter((item) => isFields(item) && item[key ?? ''] === wanted);
    });
  }
  return values.filter((value) => value !== undefined && value !== null);
}
