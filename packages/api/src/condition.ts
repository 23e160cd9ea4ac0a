import type { XStatic } from 'typebox/schema';
import type { StructuralSchema } from './structural-schema.ts';

const conditionSchema = {
  type: 'object',
  description: 'One thing that can be said of the object.',
  required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  properties: {
    type: {
      type: 'string',
      description: 'What is said.',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    },
    status: {
      type: 'string',
      description: 'Whether it is so.',
      enum: ['True', 'False', 'Unknown'],
    },
    reason: {
      type: 'string',
      description: 'Why, in one word for programs.',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    },
    message: { type: 'string', description: 'Why, for people.', maxLength: 32_768 },
    lastTransitionTime: {
      type: 'string',
      format: 'date-time',
      description: 'When the status last changed.',
    },
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'The generation of the object that this was said of.',
      minimum: 0,
    },
  },
} as const satisfies StructuralSchema;

/** Kubernetes' standard conditions as a schema: a list with one entry for each type. */
export const conditionsSchema = {
  type: 'array',
  description: 'What can be said of the object, each thing once.',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: conditionSchema,
} as const satisfies StructuralSchema;

/** One entry of `status.conditions`, as all kinds of Kubernetes have them. */
export type Condition = XStatic<typeof conditionSchema>;

/** The types of the conditions that we write. */
export const CONDITION = {
  /** On a Service: whether it has the addresses it wants. */
  ADDRESS_ASSIGNED: 'picluster.io/AddressAssigned',
  /** On an IPAddressPool: whether it is in force as it is written. */
  ACCEPTED: 'picluster.io/Accepted',
  /** On the controller's ConfigurationState: whether all pools are in force as they are written. */
  POOL_RECONCILER_VALID: 'poolReconcilerValid',
  /** On a speaker's ConfigurationState: whether all that is for its Node is in force as it is written. */
  CONFIG_RECONCILER_VALID: 'configReconcilerValid',
} as const;
