import type { XStatic } from 'typebox/schema';
import { selectionFields, selectionProblems } from './advertisement-fields.ts';
import { COMMUNITY_HELP, COMMUNITY_PATTERN, parseCommunityValue } from './community-value.ts';
import { duplicateProblem } from './duplicates.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

const COMMUNITIES_MAX = 256;
const COMMUNITY_LENGTH_MAX = 128;
const PEERS_MAX = 256;
const NAME_LENGTH_MAX = 253;
const LENGTH_IPV4 = 32;
const LENGTH_IPV6 = 128;
const LOCAL_PREF_MAX = 4_294_967_295;
const PREPEND_MAX = 10;

const EXCLUSIVE = `serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (${LENGTH_IPV4}) and aggregationLengthV6 (${LENGTH_IPV6})`;

const specSchema = {
  type: 'object',
  description: 'Which addresses are announced, from which Nodes, to which peers, and how.',
  properties: {
    ...selectionFields,
    aggregationLength: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: LENGTH_IPV4,
      default: LENGTH_IPV4,
      description:
        'How long the announced IPv4 prefixes are: 32 announces each address by itself, 24 the network of 256 that it lies in.',
    },
    aggregationLengthV6: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: LENGTH_IPV6,
      default: LENGTH_IPV6,
      description: 'How long the announced IPv6 prefixes are.',
    },
    localPref: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      maximum: LOCAL_PREF_MAX,
      description:
        'LOCAL_PREF, told to internal peers only: they take the route with the higher one. 0 or absent: none in particular.',
    },
    asPathPrepend: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: PREPEND_MAX,
      description:
        'How often more our AS is in the AS_PATH, told to external peers only: they take the route with the shorter one. Absent: it is there once.',
    },
    communities: {
      type: 'array',
      description:
        'Communities that the routes bear: names that a Community gives, or written out like 65000:100 or large:65000:1:2.',
      maxItems: COMMUNITIES_MAX,
      items: {
        type: 'string',
        maxLength: COMMUNITY_LENGTH_MAX,
        'x-kubernetes-validations': [
          {
            rule: `!self.contains(':') || self.matches('${COMMUNITY_PATTERN}')`,
            message: `invalid community value: ${COMMUNITY_HELP}`,
          },
        ],
      },
      'x-kubernetes-validations': [
        {
          rule: 'self.all(one, self.exists_one(other, other == one))',
          message: 'a community is listed twice: leave one out',
        },
      ],
    },
    peers: {
      type: 'array',
      description: 'Names of the BGPPeers that are told. None given: all of them.',
      maxItems: PEERS_MAX,
      items: { type: 'string', maxLength: NAME_LENGTH_MAX },
      'x-kubernetes-validations': [
        {
          rule: 'self.all(name, self.exists_one(other, other == name))',
          message: 'a peer is listed twice: leave one out',
        },
      ],
    },
  },
  'x-kubernetes-validations': [
    {
      rule: `!has(self.serviceSelectors) || size(self.serviceSelectors) == 0 || ((!has(self.aggregationLength) || self.aggregationLength == ${LENGTH_IPV4}) && (!has(self.aggregationLengthV6) || self.aggregationLengthV6 == ${LENGTH_IPV6}))`,
      message: EXCLUSIVE,
    },
  ],
} as const satisfies StructuralSchema;

/** The schema of a BGPAdvertisement, without the fields that every object has. */
export const bgpAdvertisementSchema = {
  type: 'object',
  description: 'Announces addresses of pools to the routers that BGPPeers name.',
  properties: {
    spec: specSchema,
    status: { type: 'object', description: 'Nothing yet.' },
  },
} as const satisfies StructuralSchema;

/** `spec` of a BGPAdvertisement as it is written in a manifest. */
export type BGPAdvertisementSpec = XStatic<typeof specSchema>;

/** A BGPAdvertisement with its defaults filled in. It may be written without a spec, which announces every address of every pool to every peer. */
export interface BGPAdvertisement {
  readonly metadata: Metadata;
  readonly spec: BGPAdvertisementSpec & {
    readonly aggregationLength: number;
    readonly aggregationLengthV6: number;
  };
}

/**
 * Reads a BGPAdvertisement as the API server sends it and fills in its defaults. Checks the schema, repeated entries, the shape of selectors and communities; what a
 * community by name stands for, only other objects say.
 */
export function parseBGPAdvertisement(raw: unknown): Parsed<BGPAdvertisement> {
  const parsed = parseObject<Pick<BGPAdvertisement, 'metadata'> & Partial<BGPAdvertisement>>(
    bgpAdvertisementSchema,
    raw,
    ({ spec }) => (spec === undefined ? [] : specProblems(spec)),
  );
  if (!parsed.ok) return parsed;
  const none = { aggregationLength: LENGTH_IPV4, aggregationLengthV6: LENGTH_IPV6 };
  return { ok: true, value: { ...parsed.value, spec: parsed.value.spec ?? none } };
}

function specProblems(spec: BGPAdvertisement['spec']): readonly FieldProblem[] {
  const { aggregationLength, aggregationLengthV6, communities = [], serviceSelectors } = spec;
  const selective = serviceSelectors !== undefined && serviceSelectors.length > 0;
  const aggregates = aggregationLength !== LENGTH_IPV4 || aggregationLengthV6 !== LENGTH_IPV6;
  return [
    ...selectionProblems(spec),
    ...duplicateProblem(communities, 'spec.communities'),
    ...duplicateProblem(spec.peers ?? [], 'spec.peers'),
    ...(selective && aggregates ? [{ field: 'spec', message: EXCLUSIVE }] : []),
    ...communities.flatMap((text, at): FieldProblem[] => {
      if (!text.includes(':') || parseCommunityValue(text) !== undefined) return [];
      const message = `invalid community value "${text}": ${COMMUNITY_HELP}`;
      return [{ field: `spec.communities[${at}]`, message }];
    }),
  ];
}
