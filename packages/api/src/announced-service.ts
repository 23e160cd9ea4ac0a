import type { StructuralSchema } from './structural-schema.ts';

const NAME_LENGTH_MAX = 253;

/** An object of these kinds speaks of one Service on one Node for as long as it is there. */
const SET_ONCE = [
  { rule: 'self == oldSelf', message: 'is set once: delete the object instead of changing it' },
] as const;

/** The fields by which a status says of which Service on which Node it speaks. */
export const announcedServiceFields = {
  node: {
    type: 'string',
    description: 'The Node that announces the addresses of the Service.',
    maxLength: NAME_LENGTH_MAX,
    'x-kubernetes-validations': SET_ONCE,
  },
  serviceName: {
    type: 'string',
    description: 'Name of the Service.',
    maxLength: NAME_LENGTH_MAX,
    'x-kubernetes-validations': SET_ONCE,
  },
  serviceNamespace: {
    type: 'string',
    description: 'Namespace of the Service.',
    maxLength: NAME_LENGTH_MAX,
    'x-kubernetes-validations': SET_ONCE,
  },
} as const satisfies Readonly<Record<string, StructuralSchema>>;
