import type { XStatic } from 'typebox/schema';
import { announcedServiceFields } from './announced-service.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { StructuralSchema } from './structural-schema.ts';

const PEERS_MAX = 256;
const NAME_LENGTH_MAX = 253;

const statusSchema = {
  type: 'object',
  description: 'What is announced, from where, and to whom. Written by the speaker of the Node.',
  properties: {
    ...announcedServiceFields,
    peers: {
      type: 'array',
      description: 'Names of the BGPPeers that the Node announces the Service to.',
      maxItems: PEERS_MAX,
      items: { type: 'string', maxLength: NAME_LENGTH_MAX },
    },
  },
} as const satisfies StructuralSchema;

/** The schema of a ServiceBGPStatus, without the fields that every object has. */
export const serviceBGPStatusSchema = {
  type: 'object',
  description: 'From which Node, and to which of its peers, a Service is announced by BGP.',
  properties: {
    spec: { type: 'object', description: 'Nothing: there is nothing to wish for.' },
    status: statusSchema,
  },
} as const satisfies StructuralSchema;

/** `status` of a ServiceBGPStatus. */
export type ServiceBGPStatusStatus = XStatic<typeof statusSchema>;

/** Says that one Node announces one Service by BGP; a Service that several Nodes announce has several of them. */
export interface ServiceBGPStatus {
  readonly metadata: Metadata;
  readonly status?: ServiceBGPStatusStatus;
}

/** Reads a ServiceBGPStatus as the API server sends it. */
export function parseServiceBGPStatus(raw: unknown): Parsed<ServiceBGPStatus> {
  return parseObject<ServiceBGPStatus>(serviceBGPStatusSchema, raw, () => []);
}
