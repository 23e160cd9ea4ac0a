import type { Labels } from './label-selector.ts';
import {
  schemaProblems,
  withDefaults,
  type FieldProblem,
  type StructuralSchema,
} from './structural-schema.ts';

/** The metadata that our kinds' users need; an object has more. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly labels?: Labels;
}

/** An object that was read, or every problem found in it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** `metadata` as a schema, as far as it is read. */
const metadataSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    creationTimestamp: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const satisfies StructuralSchema;

/**
 * Checks `raw` against `schema` and `metadataSchema`, fills in defaults, then asks `more` for what a schema cannot say. Fields that the schema does not know are kept; `raw`
 * itself is not changed.
 */
export function parseObject<T extends object>(
  schema: StructuralSchema,
  raw: unknown,
  more: (value: T) => readonly FieldProblem[],
): Parsed<T> {
  const whole: StructuralSchema = {
    ...schema,
    required: ['metadata', ...(schema.required ?? [])],
    properties: { ...schema.properties, metadata: metadataSchema },
  };
  const wrong = schemaProblems(whole, raw, '');
  if (wrong.length > 0) return { ok: false, problems: wrong };
  const value = withDefaults(whole, raw) as T;
  const problems = more(value);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
