import type { XStatic } from 'typebox/schema';
import { announcedServiceFields } from './announced-service.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { StructuralSchema } from './structural-schema.ts';

const INTERFACES_MAX = 256;
const INTERFACE_LENGTH_MAX = 128;

const statusSchema = {
  type: 'object',
  description: 'What is announced, and from where. Written by the speaker of the Node.',
  properties: {
    ...announcedServiceFields,
    interfaces: {
      type: 'array',
      description: 'The network interfaces of the Node that it answers on.',
      maxItems: INTERFACES_MAX,
      items: {
        type: 'object',
        description: 'A network interface.',
        properties: {
          name: {
            type: 'string',
            description: 'Its name.',
            maxLength: INTERFACE_LENGTH_MAX,
          },
        },
      },
    },
  },
} as const satisfies StructuralSchema;

/** The schema of a ServiceL2Status, without the fields that every object has. */
export const serviceL2StatusSchema = {
  type: 'object',
  description:
    'From which Node, and on which of its interfaces, a Service is announced by ARP and NDP.',
  properties: {
    spec: { type: 'object', description: 'Nothing: there is nothing to wish for.' },
    status: statusSchema,
  },
} as const satisfies StructuralSchema;

/** `status` of a ServiceL2Status. */
export type ServiceL2StatusStatus = XStatic<typeof statusSchema>;

/** Says that one Node announces one Service; a Service that several Nodes announce has several of them. */
export interface ServiceL2Status {
  readonly metadata: Metadata;
  readonly status?: ServiceL2StatusStatus;
}

/** Reads a ServiceL2Status as the API server sends it. */
export function parseServiceL2Status(raw: unknown): Parsed<ServiceL2Status> {
  return parseObject<ServiceL2Status>(serviceL2StatusSchema, raw, () => []);
}
