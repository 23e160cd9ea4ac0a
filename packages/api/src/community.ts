import type { XStatic } from 'typebox/schema';
import { COMMUNITY_HELP, COMMUNITY_PATTERN, parseCommunityValue } from './community-value.ts';
import { duplicateProblem } from './duplicates.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

const ALIASES_MAX = 256;
const ALIAS_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 64;

const specSchema = {
  type: 'object',
  description: 'Names for communities.',
  properties: {
    communities: {
      type: 'array',
      description: 'The names and what they stand for.',
      maxItems: ALIASES_MAX,
      items: {
        type: 'object',
        description: 'A name for a community.',
        properties: {
          name: {
            type: 'string',
            description:
              'The name, as BGPAdvertisements use it. No two may be the same, in no Community.',
            maxLength: ALIAS_LENGTH_MAX,
          },
          value: {
            type: 'string',
            description:
              'The community: two numbers of 16 bits such as 65000:100, or a large one such as large:65000:1:2.',
            maxLength: VALUE_LENGTH_MAX,
          },
        },
        'x-kubernetes-validations': [
          {
            rule: `has(self.value) && self.value.matches('${COMMUNITY_PATTERN}')`,
            message: `invalid community value: ${COMMUNITY_HELP}`,
          },
          {
            rule: "has(self.name) && size(self.name) > 0 && !self.name.contains(':')",
            message: 'the name of a community must not be empty, and must not have a colon in it',
          },
        ],
      },
      'x-kubernetes-validations': [
        {
          rule: 'self.all(one, !has(one.name) || self.exists_one(other, has(other.name) && other.name == one.name))',
          message: 'duplicate definition of community: leave one of the two out',
        },
      ],
    },
  },
} as const satisfies StructuralSchema;

/** The schema of a Community, without the fields that every object has. */
export const communitySchema = {
  type: 'object',
  description: 'Names for communities, to be used in BGPAdvertisements.',
  properties: {
    spec: specSchema,
    status: { type: 'object', description: 'Nothing yet.' },
  },
} as const satisfies StructuralSchema;

/** `spec` of a Community as it is written in a manifest. */
export type CommunitySpec = XStatic<typeof specSchema>;

/** One name and the community that it stands for, as it is written. */
export interface CommunityAlias {
  readonly name: string;
  readonly value: string;
}

/** A Community; despite its name it holds any number of them. */
export interface Community {
  readonly metadata: Metadata;
  readonly spec?: { readonly communities?: readonly CommunityAlias[] };
}

/** Reads a Community as the API server sends it. Checks the schema, the values, and that no name is there twice. */
export function parseCommunity(raw: unknown): Parsed<Community> {
  return parseObject<Community>(communitySchema, raw, ({ spec }) =>
    aliasProblems(spec?.communities ?? []),
  );
}

function aliasProblems(communities: readonly Partial<CommunityAlias>[]): readonly FieldProblem[] {
  const names = communities.map(({ name = '' }) => name);
  return [
    ...communities.flatMap(({ name = '', value = '' }, at): FieldProblem[] => {
      const field = `spec.communities[${at}]`;
      const wrong = `invalid community value "${value}": ${COMMUNITY_HELP}`;
      const nameless = `"${name}" cannot be a name: one must not be empty, and must not have a colon in it`;
      return [
        ...(parseCommunityValue(value) === undefined
          ? [{ field: `${field}.value`, message: wrong }]
          : []),
        ...(name === '' || name.includes(':')
          ? [{ field: `${field}.name`, message: nameless }]
          : []),
      ];
    }),
    ...duplicateProblem(names, 'spec.communities'),
  ];
}
