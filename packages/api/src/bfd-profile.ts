import type { XStatic } from 'typebox/schema';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { StructuralSchema } from './structural-schema.ts';

const interval = { type: 'integer', format: 'int32', minimum: 10, maximum: 60_000 } as const;

const specSchema = {
  type: 'object',
  description: 'How a session is watched by BFD (RFC 5880).',
  properties: {
    receiveInterval: {
      ...interval,
      description:
        'The peer is asked to send no more often than once in so many milliseconds. Default: 300.',
    },
    transmitInterval: {
      ...interval,
      description: 'We send no more often than once in so many milliseconds. Default: 300.',
    },
    detectMultiplier: {
      type: 'integer',
      format: 'int32',
      minimum: 2,
      maximum: 255,
      description: 'After so many missed packets a side takes the other for gone. Default: 3.',
    },
    echoInterval: {
      ...interval,
      description: 'Milliseconds between two echo packets; used with echoMode alone.',
    },
    echoMode: {
      type: 'boolean',
      description:
        'Also watch by echo packets. Not done here: the session is watched by control packets alone, as fast as the intervals say.',
    },
    passiveMode: {
      type: 'boolean',
      description: 'Send nothing before the peer does. One of the two sides must begin.',
    },
    minimumTtl: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 254,
      description:
        'For a peer several hops away: packets that come with a smaller TTL are dropped. Default: 254.',
    },
  },
} as const satisfies StructuralSchema;

/** The schema of a BFDProfile, without the fields that every object has. */
export const bfdProfileSchema = {
  type: 'object',
  description:
    'How the sessions of the BGPPeers that name it are watched, so that a peer that is gone is known within less than a second.',
  properties: {
    spec: specSchema,
    status: { type: 'object', description: 'Nothing yet.' },
  },
} as const satisfies StructuralSchema;

/** `spec` of a BFDProfile as it is written in a manifest. */
export type BFDProfileSpec = XStatic<typeof specSchema>;

/** A BFDProfile. It may have no spec at all: then every default holds. */
export interface BFDProfile {
  readonly metadata: Metadata;
  readonly spec?: BFDProfileSpec;
}

/** Reads a BFDProfile as the API server sends it. */
export function parseBFDProfile(raw: unknown): Parsed<BFDProfile> {
  return parseObject<BFDProfile>(bfdProfileSchema, raw, () => []);
}
