import type { Cause } from './api-error.ts';
import { isFields, type Fields } from './object.ts';

/** The part of a CRD's `openAPIV3Schema` that the simulator understands. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** The value with every absent field that has a default filled in. Defaults apply below objects that exist. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (!isFields(value)) return value;
  const result: Fields = { ...value };
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const absent =
      result[field] === undefined || (result[field] === null && child.nullable !== true);
    if (absent && child.default !== undefined) result[field] = structuredClone(child.default);
    if (result[field] !== undefined) result[field] = withDefaults(child, result[field]);
  }
  const other = schema.additionalProperties;
  if (isFields(other)) {
    for (const field of Object.keys(result)) {
      if (schema.properties?.[field] === undefined) {
        result[field] = withDefaults(other, result[field]);
      }
    }
  }
  return result;
}

/** The value without fields that the schema does not name; their paths are added to `unknown`. */
export function pruned(
  schema: Schema,
  value: unknown,
  path: string = '',
  unknown: string[] = [],
): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    return value.map((item, index) => pruned(items, item, `${path}[${index}]`, unknown));
  }
  if (!isFields(value)) return value;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const other = schema.additionalProperties;
  const result: Fields = {};
  for (const [field, item] of Object.entries(value)) {
    const child = schema.properties?.[field] ?? (isFields(other) ? other : undefined);
    const at = path === '' ? field : `${path}.${field}`;
    if (child !== undefined) result[field] = pruned(child, item, at, unknown);
    else if (keepsUnknown || other === true) result[field] = item;
    else unknown.push(at);
  }
  return result;
}

/** Every way in which the value breaks the schema, in the API server's words; empty when it does not. */
export function violations(schema: Schema, value: unknown, path: string = ''): Cause[] {
  if (value === null && schema.nullable === true) return [];
  const wrongType = typeViolation(schema, value, path);
  if (wrongType !== undefined) return [wrongType];
  return [
    ...enumViolations(schema, value, path),
    ...numberViolations(schema, value, path),
    ...stringViolations(schema, value, path),
    ...arrayViolations(schema, value, path),
    ...objectViolations(schema, value, path),
    ...combinedViolations(schema, value, path),
  ];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeViolation(schema: Schema, value: unknown, path: string): Cause | undefined {
  const wanted =
    schema['x-kubernetes-int-or-string'] === true
      ? ['integer', 'string']
      : schema.type === undefined || schema.type === ''
        ? undefined
        : [schema.type];
  const actual = typeName(value);
  if (wanted === undefined || wanted.includes(actual)) return undefined;
  if (wanted.includes('number') && actual === 'integer') return undefined;
  const text = `${path} in body must be of type ${wanted.join(',')}: "${actual}"`;
  return {
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: "${actual}": ${text}`,
    field: path,
  };
}

function broken(path: string, value: unknown, rule: string): Cause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${rule}`,
    field: path,
  };
}

function enumViolations(schema: Schema, value: unknown, path: string): Cause[] {
  if (schema.enum === undefined || schema.enum.includes(value)) return [];
  const supported = schema.enum.map((item) => JSON.stringify(item)).join(', ');
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      field: path,
    },
  ];
}

function numberViolations(schema: Schema, value: unknown, path: string): Cause[] {
  if (typeof value !== 'number') return [];
  const { minimum, maximum, multipleOf } = schema;
  const causes: Cause[] = [];
  if (minimum !== undefined) {
    const strict = schema.exclusiveMinimum === true;
    if (strict ? value <= minimum : value < minimum) {
      const rule = `should be greater than ${strict ? '' : 'or equal to '}${minimum}`;
      causes.push(broken(path, value, rule));
    }
  }
  if (maximum !== undefined) {
    const strict = schema.exclusiveMaximum === true;
    if (strict ? value >= maximum : value > maximum) {
      causes.push(
        broken(path, value, `should be less than ${strict ? '' : 'or equal to '}${maximum}`),
      );
    }
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    causes.push(broken(path, value, `should be a multiple of ${multipleOf}`));
  }
  return causes;
}

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  ipv4: /^(\d{1,3}\.){3}\d{1,3}$/,
  uuid: /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i,
};

function stringViolations(schema: Schema, value: unknown, path: string): Cause[] {
  if (typeof value !== 'string') return [];
  const causes: Cause[] = [];
  const length = Array.from(value).length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(broken(path, value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${schema.maxLength} bytes`,
      field: path,
    });
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    causes.push(broken(path, value, `should match '${schema.pattern}'`));
  }
  const format = schema.format === undefined ? undefined : formats[schema.format];
  if (format !== undefined && !format.test(value)) {
    causes.push(broken(path, value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  }
  return causes;
}

function arrayViolations(schema: Schema, value: unknown, path: string): Cause[] {
  if (!Array.isArray(value)) return [];
  const causes: Cause[] = [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.push(broken(path, value.length, `should have at least ${schema.minItems} items`));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${value.length}: must have at most ${schema.maxItems} items`,
      field: path,
    });
  }
  const identities = new Set<string>();
  const keys = schema['x-kubernetes-list-map-keys'];
  const unique =
    schema.uniqueItems === true || /^(set|map)$/.test(schema['x-kubernetes-list-type'] ?? '');
  for (const [index, item] of value.entries()) {
    const identity = JSON.stringify(
      keys !== undefined && isFields(item) ? keys.map((key) => item[key]) : item,
    );
    if (unique && identities.has(identity)) {
      const message = `Duplicate value: ${identity}`;
      causes.push({ reason: 'FieldValueDuplicate', message, field: `${path}[${index}]` });
    }
    identities.add(identity);
    if (schema.items !== undefined) {
      causes.push(...violations(schema.items, item, `${path}[${index}]`));
    }
  }
  return causes;
}

function objectViolations(schema: Schema, value: unknown, path: string): Cause[] {
  if (!isFields(value)) return [];
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const causes: Cause[] = (schema.required ?? [])
    .filter((field) => value[field] === undefined)
    .map((field) => ({
      reason: 'FieldValueRequired',
      message: 'Required value',
      field: at(field),
    }));
  const size = Object.keys(value).length;
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    causes.push(broken(path, size, `should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${size}: must have at most ${schema.maxProperties} items`,
      field: path,
    });
  }
  const other = schema.additionalProperties;
  for (const [field, item] of Object.entries(value)) {
    const child = schema.properties?.[field] ?? (isFields(other) ? other : undefined);
    if (child !== undefined && item !== undefined) {
      causes.push(...violations(child, item, at(field)));
    }
  }
  return causes;
}

function combinedViolations(schema: Schema, value: unknown, path: string): Cause[] {
  const causes = (schema.allOf ?? []).flatMap((part) => violations(part, value, path));
  const matches = (parts: readonly Schema[]): number =>
    parts.filter((part) => violations(part, value, path).length === 0).length;
  if (schema.anyOf !== undefined && matches(schema.anyOf) === 0) {
    causes.push(broken(path, value, 'must validate at least one schema (anyOf)'));
  }
  if (schema.oneOf !== undefined && matches(schema.oneOf) !== 1) {
    causes.push(broken(path, value, 'must validate one and only one schema (oneOf)'));
  }
  if (schema.not !== undefined && matches([schema.not]) === 1) {
    causes.push(broken(path, value, 'must not validate the schema (not)'));
  }
  return causes;
}
