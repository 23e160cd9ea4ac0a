import type { XStatic } from 'typebox/schema';
import { bgpPeerProblems } from './bgp-peer-problems.ts';
import { BGP_PEER_RULES, fieldRules } from './bgp-peer-rules.ts';
import { labelSelectorSchema, SELECTORS_MAX } from './label-selector.ts';
import { parseObject, type Metadata, type Parsed } from './object-meta.ts';
import type { StructuralSchema } from './structural-schema.ts';

const ASN_MAX = 4_294_967_295;
const ADDRESS_LENGTH_MAX = 64;
const DURATION_LENGTH_MAX = 32;
const NAME_LENGTH_MAX = 253;
/** Linux' IFNAMSIZ is 16 with the end mark; alternative names may be longer. */
const INTERFACE_LENGTH_MAX = 128;
const VRF_LENGTH_MAX = 15;
/** Linux' TCP_MD5SIG_MAXKEYLEN. */
const PASSWORD_LENGTH_MAX = 80;

const specSchema = {
  type: 'object',
  description: 'Who the peer is, and how it is talked to.',
  required: ['myASN'],
  properties: {
    myASN: {
      type: 'integer',
      format: 'int64',
      minimum: 1,
      maximum: ASN_MAX,
      description: 'Our AS number.',
    },
    peerASN: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      maximum: ASN_MAX,
      description: 'The AS number of the peer. Either this or dynamicASN.',
    },
    localASN: {
      type: 'integer',
      format: 'int64',
      minimum: 1,
      maximum: ASN_MAX,
      description:
        'Our AS number towards this peer, in the place of myASN, of which it then sees nothing.',
    },
    dynamicASN: {
      type: 'string',
      enum: ['internal', 'external'],
      description:
        'Instead of peerASN: internal takes a peer of our AS, external one of any other.',
    },
    peerAddress: {
      type: 'string',
      maxLength: ADDRESS_LENGTH_MAX,
      description: 'Address of the peer, IPv4 or IPv6. Either this or interface.',
      'x-kubernetes-validations': fieldRules.peerAddress,
    },
    interface: {
      type: 'string',
      maxLength: INTERFACE_LENGTH_MAX,
      description:
        'Instead of peerAddress: the interface at whose other end the peer is, found by its link-local address.',
    },
    sourceAddress: {
      type: 'string',
      maxLength: ADDRESS_LENGTH_MAX,
      description: 'The address of ours that connections come from. It must be on the Node.',
      'x-kubernetes-validations': fieldRules.sourceAddress,
    },
    peerPort: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 65_535,
      default: 179,
      description: 'The TCP port of the peer.',
    },
    holdTime: {
      type: 'string',
      maxLength: DURATION_LENGTH_MAX,
      description:
        'After this time without a message a side takes the other for gone, such as 90s: 0 (never) or 3s to 65535s. The shorter of both sides’ holds. Default: 90s.',
      'x-kubernetes-validations': fieldRules.holdTime,
    },
    keepaliveTime: {
      type: 'string',
      maxLength: DURATION_LENGTH_MAX,
      description:
        'How often something is sent at least, not longer than holdTime. Default, and 0s: a third of the hold time. Where it alone is given, 0s or 1s to 21845s, the hold time is three times as long.',
      'x-kubernetes-validations': fieldRules.keepaliveTime,
    },
    connectTime: {
      type: 'string',
      maxLength: DURATION_LENGTH_MAX,
      description:
        'The longest time between two attempts to connect, in whole seconds, 1s to 65535s. Default: 10s.',
      'x-kubernetes-validations': fieldRules.connectTime,
    },
    routerID: {
      type: 'string',
      maxLength: ADDRESS_LENGTH_MAX,
      description:
        'The BGP identifier of the Node, written as an IPv4 address. Default: an IPv4 address of the Node.',
      'x-kubernetes-validations': fieldRules.routerID,
    },
    nodeSelectors: {
      type: 'array',
      description:
        'Conditions on the labels of the Nodes that have this peer. One that is met is enough. None given: all Nodes.',
      maxItems: SELECTORS_MAX,
      items: labelSelectorSchema,
    },
    password: {
      type: 'string',
      maxLength: PASSWORD_LENGTH_MAX,
      description:
        'Key of TCP MD5 (RFC 2385), at most 80 bytes. Whoever can read the object can read it: better passwordSecret.',
    },
    passwordSecret: {
      type: 'object',
      description:
        'A Secret of the type kubernetes.io/basic-auth beside this object; its key password is the key of TCP MD5.',
      'x-kubernetes-map-type': 'atomic',
      properties: {
        name: { type: 'string', maxLength: NAME_LENGTH_MAX, description: 'Name of the Secret.' },
        namespace: {
          type: 'string',
          maxLength: NAME_LENGTH_MAX,
          description: 'Not read: the Secret must be in the namespace of this object.',
        },
      },
    },
    bfdProfile: {
      type: 'string',
      maxLength: NAME_LENGTH_MAX,
      description: 'Name of the BFDProfile by which the session is watched. None given: no BFD.',
    },
    enableGracefulRestart: {
      type: 'boolean',
      description:
        'Ask the peer to keep our routes while the speaker of the Node restarts (RFC 4724).',
    },
    ebgpMultiHop: {
      type: 'boolean',
      description: 'An external peer may be more than one hop away.',
    },
    vrf: {
      type: 'string',
      maxLength: VRF_LENGTH_MAX,
      description: 'The VRF device of the Node that connections to the peer go through.',
    },
    disableMP: {
      type: 'boolean',
      default: false,
      description: 'Has no effect, in MetalLB neither.',
    },
    dualStackAddressFamily: {
      type: 'boolean',
      default: false,
      description:
        'Tell the peer addresses of both families, not only of the one that the session runs over.',
    },
  },
  'x-kubernetes-validations': BGP_PEER_RULES,
} as const satisfies StructuralSchema;

/** The schema of a BGPPeer, without the fields that every object has. */
export const bgpPeerSchema = {
  type: 'object',
  description: 'A router that the Nodes tell by BGP which addresses are behind them.',
  required: ['spec'],
  properties: {
    spec: specSchema,
    status: { type: 'object', description: 'Nothing yet.' },
  },
} as const satisfies StructuralSchema;

/** `spec` of a BGPPeer as it is written in a manifest. */
export type BGPPeerSpec = XStatic<typeof specSchema>;

/** A BGPPeer with its defaults filled in. */
export interface BGPPeer {
  readonly metadata: Metadata;
  readonly spec: BGPPeerSpec & {
    readonly peerPort: number;
    readonly disableMP: boolean;
    readonly dualStackAddressFamily: boolean;
  };
}

/**
 * Reads a BGPPeer of either version as the API server sends it and fills in its defaults. Checks the schema, that the fields go together, and the shape of addresses, times and
 * selectors; not whether the profile and the Secret are there, nor other peers.
 */
export function parseBGPPeer(raw: unknown): Parsed<BGPPeer> {
  return parseObject<BGPPeer>(bgpPeerSchema, raw, ({ spec }) => bgpPeerProblems(spec));
}
