import type { XStatic } from 'typebox/schema';
import { duplicateProblem } from './duplicates.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

// The limits keep the cost of the CEL rules, which the API server estimates for the largest object, within its budget.
const LABEL_LENGTH_MAX = 316;
const EXPRESSIONS_MAX = 64;
const EXPRESSION_VALUES_MAX = 256;
/** How many selectors a list of them may have. */
export const SELECTORS_MAX = 64 as const;

const expressionSchema = {
  type: 'object',
  description: 'One condition on one label.',
  required: ['key', 'operator'],
  properties: {
    key: {
      type: 'string',
      description: 'Name of the label.',
      maxLength: LABEL_LENGTH_MAX,
    },
    operator: {
      type: 'string',
      description:
        'How the label is compared: In and NotIn with the values, Exists and DoesNotExist with nothing.',
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
    },
    values: {
      type: 'array',
      description:
        'What In and NotIn compare with: at least one value. Exists and DoesNotExist take none.',
      maxItems: EXPRESSION_VALUES_MAX,
      items: { type: 'string', maxLength: LABEL_LENGTH_MAX },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
      message: 'In and NotIn need at least one value; Exists and DoesNotExist take none',
    },
  ],
} as const satisfies StructuralSchema;

/** Kubernetes' label selector as it stands in a schema. */
export const labelSelectorSchema = {
  type: 'object',
  description: 'A condition on labels. An empty one is met by everything.',
  'x-kubernetes-map-type': 'atomic',
  properties: {
    matchLabels: {
      type: 'object',
      description: 'Labels that must be there with exactly these values.',
      additionalProperties: { type: 'string' },
    },
    matchExpressions: {
      type: 'array',
      description: 'Conditions that must all be met, together with matchLabels.',
      maxItems: EXPRESSIONS_MAX,
      items: expressionSchema,
    },
  },
} as const satisfies StructuralSchema;

/** Kubernetes' label selector: all of `matchLabels` and all of `matchExpressions` must hold. */
export type LabelSelector = XStatic<typeof labelSelectorSchema>;

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** Whether labels meet a selector. NotIn and DoesNotExist are met by an absent label; an empty selector by anything. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return false;
  }
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = labelOf(labels, key);
    switch (operator) {
      case 'In':
        return value !== undefined && values?.includes(value) === true;
      case 'NotIn':
        return value === undefined || values?.includes(value) !== true;
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Whether labels meet at least one of the selectors. With none of them, nothing matches: say what that means where you ask. */
export function matchesAnySelector(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.some((selector) => matchesSelector(selector, labels));
}

/** What a list of selectors has wrong that no schema shows: repeated selectors, expressions or values, and values that an operator does not take. */
export function selectorListProblems(
  selectors: readonly LabelSelector[],
  field: string,
): readonly FieldProblem[] {
  const problems = selectors.flatMap((selector, at) =>
    selectorProblems(selector, `${field}[${at}]`),
  );
  return [...problems, ...duplicateProblem(selectors.map(selectorText), field, 'the selector')];
}

/** What one selector has wrong that no schema shows. */
export function selectorProblems(selector: LabelSelector, field: string): readonly FieldProblem[] {
  const expressions = selector.matchExpressions ?? [];
  const problems: FieldProblem[] = [];
  for (const [at, { key, operator, values = [] }] of expressions.entries()) {
    const where = `${field}.matchExpressions[${at}].values`;
    const takesValues = operator === 'In' || operator === 'NotIn';
    if (takesValues !== values.length > 0) {
      const need = takesValues ? 'needs at least one value' : 'takes no values';
      const message = `operator ${operator} on "${key}" ${need}`;
      problems.push({ field: where, message });
    }
    problems.push(...duplicateProblem(values, where));
  }
  const texts = expressions.map(expressionText);
  return [...problems, ...duplicateProblem(texts, `${field}.matchExpressions`, 'the expression')];
}

/** The same text for two selectors that say the same in another order. */
function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([labels, (matchExpressions ?? []).map(expressionText).toSorted()]);
}

function expressionText({
  key,
  operator,
  values,
}: NonNullable<LabelSelector['matchExpressions']>[number]): string {
  return JSON.stringify([key, operator, (values ?? []).toSorted()]);
}
