import type { XStatic } from 'typebox/schema';
import { duplicateProblem } from './duplicates.ts';
import {
  labelSelectorSchema,
  matchesAnySelector,
  SELECTORS_MAX,
  selectorListProblems,
  type Labels,
  type LabelSelector,
} from './label-selector.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

const POOLS_MAX = 256;
const NAME_LENGTH_MAX = 253;

/** The fields that say what is advertised and from where; both kinds of advertisement have them. */
export const selectionFields = {
  ipAddressPools: {
    type: 'array',
    description:
      'Names of the IPAddressPools that are announced. With no names and no ipAddressPoolSelectors: all of them.',
    maxItems: POOLS_MAX,
    items: { type: 'string', maxLength: NAME_LENGTH_MAX },
    'x-kubernetes-validations': [
      {
        rule: 'self.all(name, self.exists_one(other, other == name))',
        message: 'a pool is listed twice: leave one out',
      },
    ],
  },
  ipAddressPoolSelectors: {
    type: 'array',
    description:
      'Conditions on the labels of IPAddressPools, added to those by name. One that is met is enough.',
    maxItems: SELECTORS_MAX,
    items: labelSelectorSchema,
  },
  nodeSelectors: {
    type: 'array',
    description:
      'Conditions on the labels of the Nodes that may announce. One that is met is enough. None given: all Nodes.',
    maxItems: SELECTORS_MAX,
    items: labelSelectorSchema,
  },
  serviceSelectors: {
    type: 'array',
    description:
      'Conditions on the labels of the Services that are announced. One that is met is enough. None given: all Services.',
    maxItems: SELECTORS_MAX,
    items: labelSelectorSchema,
  },
} as const satisfies Readonly<Record<string, StructuralSchema>>;

const selectionSchema = {
  type: 'object',
  properties: selectionFields,
} as const satisfies StructuralSchema;

/** What is wrong with the fields of `selectionFields` that no schema shows. */
export function selectionProblems(spec: XStatic<typeof selectionSchema>): readonly FieldProblem[] {
  return [
    ...duplicateProblem(spec.ipAddressPools ?? [], 'spec.ipAddressPools'),
    ...selectorListProblems(spec.ipAddressPoolSelectors ?? [], 'spec.ipAddressPoolSelectors'),
    ...selectorListProblems(spec.nodeSelectors ?? [], 'spec.nodeSelectors'),
    ...selectorListProblems(spec.serviceSelectors ?? [], 'spec.serviceSelectors'),
  ];
}

/** What says of an advertisement, of either protocol, which pools, Nodes and Services it is for. */
export interface Selection {
  readonly ipAddressPools?: readonly string[];
  readonly ipAddressPoolSelectors?: readonly LabelSelector[];
  readonly nodeSelectors?: readonly LabelSelector[];
  readonly serviceSelectors?: readonly LabelSelector[];
}

/** Whether an advertisement is for a pool: by its name or by its labels. Neither names nor selectors: all pools. */
export function selectsPool(
  { ipAddressPools = [], ipAddressPoolSelectors = [] }: Selection,
  pool: { readonly name: string; readonly labels: Labels },
): boolean {
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return true;
  return (
    ipAddressPools.includes(pool.name) || matchesAnySelector(ipAddressPoolSelectors, pool.labels)
  );
}

/** Whether something is for whatever has these labels: for all where it has no selectors. */
export function selectsLabels(selectors: readonly LabelSelector[] = [], labels: Labels): boolean {
  return selectors.length === 0 || matchesAnySelector(selectors, labels);
}
