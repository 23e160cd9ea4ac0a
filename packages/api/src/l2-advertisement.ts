import type { XStatic } from 'typebox/schema';
import { selectionFields, selectionProblems } from './advertisement-fields.ts';
import { labelSelectorSchema, SELECTORS_MAX, selectorProblems } from './label-selector.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

const INTERFACES_MAX = 256;
/** Linux' IFNAMSIZ is 16 with the end mark; alternative names may be longer. */
const INTERFACE_LENGTH_MAX = 128;

const preferredNodeSchema = {
  type: 'object',
  description: 'Nodes that are preferred, and how much.',
  required: ['weight', 'preference'],
  properties: {
    weight: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 100,
      description:
        'Added to the score of each Node that matches. The Node with the highest score is chosen first.',
    },
    preference: { ...labelSelectorSchema, description: 'Condition on the labels of Nodes.' },
  },
} as const satisfies StructuralSchema;

const specSchema = {
  type: 'object',
  description: 'Which addresses are announced, from which Nodes, on which interfaces.',
  properties: {
    ...selectionFields,
    interfaces: {
      type: 'array',
      description:
        'Names of the network interfaces that are announced on. None given: all of them.',
      maxItems: INTERFACES_MAX,
      items: { type: 'string', maxLength: INTERFACE_LENGTH_MAX },
    },
    preferredNodeSelectors: {
      type: 'array',
      description:
        'Nodes to choose first among those that may announce. The others stay as a reserve.',
      maxItems: SELECTORS_MAX,
      items: preferredNodeSchema,
    },
  },
} as const satisfies StructuralSchema;

/** The schema of an L2Advertisement, without the fields that every object has. */
export const l2AdvertisementSchema = {
  type: 'object',
  description: 'Announces addresses of pools on the local network by ARP and NDP.',
  properties: {
    spec: specSchema,
    status: { type: 'object', description: 'Nothing yet.' },
  },
} as const satisfies StructuralSchema;

/** `spec` of an L2Advertisement as it is written in a manifest. */
export type L2AdvertisementSpec = XStatic<typeof specSchema>;

/** An L2Advertisement. It may have no spec at all, which announces every pool from every Node. */
export interface L2Advertisement {
  readonly metadata: Metadata;
  readonly spec?: L2AdvertisementSpec;
}

/** Reads an L2Advertisement as the API server sends it. Checks the schema, repeated entries and the shape of selectors. */
export function parseL2Advertisement(raw: unknown): Parsed<L2Advertisement> {
  return parseObject<L2Advertisement>(l2AdvertisementSchema, raw, ({ spec }) =>
    specProblems(spec ?? {}),
  );
}

function specProblems(spec: L2AdvertisementSpec): readonly FieldProblem[] {
  return [
    ...selectionProblems(spec),
    ...(spec.preferredNodeSelectors ?? []).flatMap(({ preference }, at) =>
      selectorProblems(preference, `spec.preferredNodeSelectors[${at}].preference`),
    ),
  ];
}
