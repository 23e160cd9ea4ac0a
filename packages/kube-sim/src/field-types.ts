import { isFields } from './object.ts';

/** Types of the fields whose wrong type the real API server refuses, for the built-in kinds clients get wrong most. */
type FieldType = 'string' | 'int32' | 'boolean' | 'MicroTime' | 'Time';

/** Dotted paths; `[]` after a step means every item of a list, `{}` every value of a map. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

const metadataTypes: FieldTypes = {
  'metadata.name': 'string',
  'metadata.labels{}': 'string',
  'metadata.annotations{}': 'string',
};

/** The refusal of the first field with a wrong type, or undefined. */
export function wrongFieldType(types: FieldTypes, object: unknown): string | undefined {
  for (const [path, type] of Object.entries({ ...metadataTypes, ...types })) {
    for (const value of valuesAt(object, path.split('.'))) {
      const refusal = refusalOf(value, type);
      if (refusal !== undefined) {
        return refusal.replace('%', path.replaceAll(/\[\]|\{\}/g, ''));
      }
    }
  }
  return undefined;
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [step, ...rest] = path;
  if (step === undefined) return value === undefined || value === null ? [] : [value];
  const name = step.replace(/\[\]$|\{\}$/, '');
  const next = isFields(value) ? value[name] : undefined;
  if (step.endsWith('[]')) {
    return Array.isArray(next) ? next.flatMap((item) => valuesAt(item, rest)) : [];
  }
  if (step.endsWith('{}')) {
    return isFields(next) ? Object.values(next).flatMap((item) => valuesAt(item, rest)) : [];
  }
  return valuesAt(next, rest);
}

const timeLayouts = {
  Time: [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, '2006-01-02T15:04:05Z07:00'],
  // Exactly six digits: a clock's ISO text with milliseconds is refused, which surprises every JavaScript client once.
  MicroTime: [
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/,
    '2006-01-02T15:04:05.000000Z07:00',
  ],
} as const;

function refusalOf(value: unknown, type: FieldType): string | undefined {
  if (type === 'Time' || type === 'MicroTime') {
    const [pattern, layout] = timeLayouts[type];
    if (typeof value === 'string' && pattern.test(value)) return undefined;
    return `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)}`;
  }
  const right =
    type === 'int32'
      ? Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
      : typeof value === type;
  if (right) return undefined;
  const actual = Array.isArray(value) ? 'array' : typeof value;
  return `json: cannot unmarshal ${actual} into Go struct field % of type ${type}`;
}
