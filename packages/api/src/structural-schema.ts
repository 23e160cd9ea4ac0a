/** A CEL rule on the value where it stands. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

/** The part of Kubernetes' structural schemas (OpenAPI v3) that our kinds use; also plain JSON Schema. */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly format?: 'int32' | 'int64' | 'date-time';
  readonly default?: boolean | number | string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Left to the API server to check. */
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-list-type'?: 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** What is wrong with an object, and where. */
export interface FieldProblem {
  /** Path from the object's root, such as `spec.addresses[0]`. */
  readonly field: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/**
 * What a schema has against a value; empty when nothing. CEL rules are the API server's business and not evaluated. As there, `null` counts as
 * absent, and fields that the schema does not know are no problem.
 */
export function schemaProblems(
  schema: StructuralSchema,
  value: unknown,
  field: string,
): readonly FieldProblem[] {
  const problem = (message: string): readonly FieldProblem[] => [{ field, message }];
  if (typeOf(value) !== schema.type) {
    return problem(`must be ${TYPE_NAMES[schema.type]}, not ${JSON.stringify(value)}`);
  }
  switch (typeof value) {
    case 'string':
      return stringProblem(schema, value).flatMap(problem);
    case 'number':
      return numberProblem(schema, value).flatMap(problem);
    case 'object':
      return Array.isArray(value)
        ? listProblems(schema, value, field)
        : objectProblems(schema, value as Readonly<Record<string, unknown>>, field);
    default:
      return [];
  }
}

/** A copy of the value with defaults filled in and `null` left out, for a value that the schema has nothing against. */
export function withDefaults(schema: StructuralSchema, value: unknown): unknown {
  const { items, properties = {} } = schema;
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  const result: Record<string, unknown> = Object.fromEntries(present);
  for (const [name, child] of Object.entries(properties)) {
    const field = result[name] ?? child.default;
    if (field !== undefined) result[name] = withDefaults(child, field);
  }
  return result;
}

const TYPE_NAMES = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
} as const satisfies Record<StructuralSchema['type'], string>;

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function stringProblem(schema: StructuralSchema, value: string): string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`must be one of ${schema.enum.join(', ')}, not "${value}"`];
  }
  if (schema.minLength !== undefined && value.length < schema.minLength) {
    return [`must have at least ${schema.minLength} characters, not ${value.length}`];
  }
  if (schema.maxLength !== undefined && value.length > schema.maxLength) {
    return [`must have at most ${schema.maxLength} characters, not ${value.length}`];
  }
  return [];
}

function numberProblem({ minimum, maximum }: StructuralSchema, value: number): string[] {
  if (minimum !== undefined && value < minimum)
    return [`must be at least ${minimum}, not ${value}`];
  if (maximum !== undefined && value > maximum) return [`must be at most ${maximum}, not ${value}`];
  return [];
}

function listProblems(
  { maxItems, items }: StructuralSchema,
  value: readonly unknown[],
  field: string,
): readonly FieldProblem[] {
  if (maxItems !== undefined && value.length > maxItems) {
    return [{ field, message: `must have at most ${maxItems} entries, not ${value.length}` }];
  }
  if (items === undefined) return [];
  return value.flatMap((item, at) => schemaProblems(items, item, `${field}[${at}]`));
}

function objectProblems(
  schema: StructuralSchema,
  value: Readonly<Record<string, unknown>>,
  field: string,
): readonly FieldProblem[] {
  const inside = (name: string): string => (field === '' ? name : `${field}.${name}`);
  const absent = (name: string): boolean => (value[name] ?? undefined) === undefined;
  const problems: FieldProblem[] = [];
  for (const name of schema.required ?? []) {
    if (absent(name)) problems.push({ field: inside(name), message: 'is missing: it is required' });
  }
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (!absent(name)) problems.push(...schemaProblems(child, value[name], inside(name)));
  }
  if (schema.additionalProperties !== undefined) {
    for (const [name, child] of Object.entries(value)) {
      problems.push(...schemaProblems(schema.additionalProperties, child, inside(name)));
    }
  }
  return problems;
}
