import type { XStatic } from 'typebox/schema';
import { conditionsSchema } from './condition.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { StructuralSchema } from './structural-schema.ts';

const statusSchema = {
  type: 'object',
  description: 'What the component says of its configuration. Written by the component.',
  properties: {
    result: {
      type: 'string',
      description: 'Invalid while a condition is False for a fault in the configuration.',
      enum: ['Valid', 'Invalid', 'Unknown'],
    },
    errorSummary: {
      type: 'string',
      description: 'The messages of the conditions that make it invalid, a line each.',
    },
    conditions: conditionsSchema,
  },
} as const satisfies StructuralSchema;

/** The schema of a ConfigurationState, without the fields that every object has. It has no spec. */
export const configurationStateSchema = {
  type: 'object',
  description: 'Whether one component could use the configuration as it is written.',
  properties: { status: statusSchema },
} as const satisfies StructuralSchema;

/** `status` of a ConfigurationState. */
export type ConfigurationStateStatus = XStatic<typeof statusSchema>;

/** Whether one component, named by the object, could use the configuration as it is written. */
export interface ConfigurationState {
  readonly metadata: Metadata;
  readonly status?: ConfigurationStateStatus;
}

/** Reads a ConfigurationState as the API server sends it. */
export function parseConfigurationState(raw: unknown): Parsed<ConfigurationState> {
  return parseObject<ConfigurationState>(configurationStateSchema, raw, () => []);
}
