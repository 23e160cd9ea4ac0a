import type { XStatic } from 'typebox/schema';
import { conditionsSchema } from './condition.ts';
import { duplicateProblem } from './duplicates.ts';
import { labelSelectorSchema, SELECTORS_MAX, selectorListProblems } from './label-selector.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { FieldProblem, StructuralSchema } from './structural-schema.ts';

const ADDRESSES_MAX = 2048;
const ADDRESS_LENGTH_MAX = 128;
const NAMESPACES_MAX = 256;
const NAMESPACE_LENGTH_MAX = 63;

// CEL, and no split(): the API server's estimate of what that costs is far over its budget.
const RANGE_START = "self.substring(0, self.indexOf('-'))";
const RANGE_END = "self.substring(self.indexOf('-') + 1)";

const allocationSchema = {
  type: 'object',
  description:
    'Which Services may have addresses of this pool, and in which order pools are tried. Absent: any Service.',
  properties: {
    priority: {
      type: 'integer',
      description:
        'Pools with a smaller priority are tried first. 0 or absent: no priority, tried after all that have one.',
    },
    namespaces: {
      type: 'array',
      description: 'Namespaces whose Services may have addresses of this pool.',
      maxItems: NAMESPACES_MAX,
      items: { type: 'string', maxLength: NAMESPACE_LENGTH_MAX },
      'x-kubernetes-validations': [
        {
          rule: 'self.all(name, self.exists_one(other, other == name))',
          message: 'a namespace is listed twice: leave one out',
        },
      ],
    },
    namespaceSelectors: {
      type: 'array',
      description:
        'Conditions on the labels of namespaces, added to the namespaces by name. One that is met is enough.',
      maxItems: SELECTORS_MAX,
      items: labelSelectorSchema,
    },
    serviceSelectors: {
      type: 'array',
      description:
        'Conditions on the labels of Services. One that is met is enough; namespaces, where given, must match as well.',
      maxItems: SELECTORS_MAX,
      items: labelSelectorSchema,
    },
  },
} as const satisfies StructuralSchema;

const specSchema = {
  type: 'object',
  description: 'The addresses, and who may have them.',
  required: ['addresses'],
  properties: {
    addresses: {
      type: 'array',
      description:
        'CIDRs (192.0.2.0/24) and ranges (192.0.2.10-192.0.2.20), IPv4 and IPv6, given away in this order. A CIDR keeps its first and last address.',
      maxItems: ADDRESSES_MAX,
      items: {
        type: 'string',
        maxLength: ADDRESS_LENGTH_MAX,
        'x-kubernetes-validations': [
          {
            rule: "self.contains('-') || isCIDR(self)",
            message:
              'not a CIDR: write it like 192.0.2.0/24 or 2001:db8::/120, a single address with /32 or /128, a range as first-last',
          },
          {
            rule: `!self.contains('-') || (isIP(${RANGE_START}.trim()) && isIP(${RANGE_END}.trim()))`,
            message: 'not a range: write it like 192.0.2.10-192.0.2.20',
          },
          {
            rule: `!self.contains('-') || ${RANGE_START}.contains(':') == ${RANGE_END}.contains(':')`,
            message:
              'a range must begin and end in the same family: write one for IPv4 and one for IPv6',
          },
        ],
      },
    },
    autoAssign: {
      type: 'boolean',
      description:
        'Whether Services that ask for no pool and no address may have one of these. Off: only on request.',
      default: true,
    },
    avoidBuggyIPs: {
      type: 'boolean',
      description:
        'Leaves out the IPv4 addresses that end in .0 or .255, which some old equipment takes for broadcast addresses.',
      default: false,
    },
    serviceAllocation: allocationSchema,
  },
} as const satisfies StructuralSchema;

const statusSchema = {
  type: 'object',
  description: 'How much of the pool is in use. Written by the controller.',
  required: ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'],
  properties: {
    assignedIPv4: { type: 'integer', format: 'int64', description: 'IPv4 addresses in use.' },
    assignedIPv6: { type: 'integer', format: 'int64', description: 'IPv6 addresses in use.' },
    availableIPv4: {
      type: 'integer',
      format: 'int64',
      description: 'IPv4 addresses that are free.',
    },
    availableIPv6: {
      type: 'integer',
      format: 'int64',
      description: 'IPv6 addresses that are free; 9007199254740991 stands for that many or more.',
    },
    conditions: conditionsSchema,
  },
} as const satisfies StructuralSchema;

/** The schema of an IPAddressPool, without the fields that every object has. */
export const ipAddressPoolSchema = {
  type: 'object',
  description: 'Addresses that Services of type LoadBalancer can have.',
  required: ['spec'],
  properties: { spec: specSchema, status: statusSchema },
} as const satisfies StructuralSchema;

/** `spec` of an IPAddressPool as it is written in a manifest. */
export type IPAddressPoolSpec = XStatic<typeof specSchema>;
/** `status` of an IPAddressPool. */
export type IPAddressPoolStatus = XStatic<typeof statusSchema>;

/** An IPAddressPool with its defaults filled in. */
export interface IPAddressPool {
  readonly metadata: Metadata;
  readonly spec: IPAddressPoolSpec & {
    readonly autoAssign: boolean;
    readonly avoidBuggyIPs: boolean;
  };
  readonly status?: IPAddressPoolStatus;
}

/**
 * Reads an IPAddressPool as the API server sends it and fills in its defaults. Checks the schema, repeated entries and the shape of selectors and
 * addresses, but not what the addresses mean, nor other pools.
 */
export function parseIPAddressPool(raw: unknown): Parsed<IPAddressPool> {
  return parseObject<IPAddressPool>(ipAddressPoolSchema, raw, ({ spec }) => specProblems(spec));
}

function specProblems({
  addresses,
  serviceAllocation,
}: IPAddressPoolSpec): readonly FieldProblem[] {
  const at = 'spec.serviceAllocation';
  const empty = { field: 'spec.addresses', message: 'is empty: list a CIDR or a range' };
  return [
    ...(addresses.length === 0 ? [empty] : []),
    ...addresses.flatMap(addressProblem),
    ...duplicateProblem(serviceAllocation?.namespaces ?? [], `${at}.namespaces`),
    ...selectorListProblems(
      serviceAllocation?.namespaceSelectors ?? [],
      `${at}.namespaceSelectors`,
    ),
    ...selectorListProblems(serviceAllocation?.serviceSelectors ?? [], `${at}.serviceSelectors`),
  ];
}

/** What the text alone shows; what it means is read by whoever uses the addresses. */
function addressProblem(text: string, at: number): readonly FieldProblem[] {
  if (/^[0-9A-Fa-f.:]+\/[0-9]{1,3}$|^\s*[0-9A-Fa-f.:]+\s*-\s*[0-9A-Fa-f.:]+\s*$/.test(text))
    return [];
  const message = `"${text}" is neither a CIDR nor a range: write it like 192.0.2.0/24 or 192.0.2.10-192.0.2.20`;
  return [{ field: `spec.addresses[${at}]`, message }];
}
