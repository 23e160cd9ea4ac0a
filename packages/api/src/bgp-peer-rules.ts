import { DURATION_PATTERN } from './duration.ts';

// What one BGPPeer shows, as the API server checks it in CEL; `bgp-peer-problems.ts` says the same for whoever reads one. Texts may be empty as in MetalLB, and are absent
// then.

/** What is said of a text that is no address. */
export const ADDRESS_HELP = 'write it like 192.0.2.1 or 2001:db8::1' as const;
/** What is said of a text that is no router ID. */
export const ROUTER_ID_HELP =
  'a router ID is written like an IPv4 address, and is not 0.0.0.0' as const;
/** What is said of a text that is no duration. */
export const DURATION_HELP = 'write it like 90s or 1m30s' as const;
/** What a hold time may be. */
export const HOLD_TIME_HELP = 'must be 0 or >=3s, and at most 65535s' as const;
/** What a keepalive time may be where it gives the hold time. */
export const KEEPALIVE_HELP =
  'without a hold time, which is then three times as long, must be 0 or >=1s, and at most 21845s' as const;
/** What a connect time may be. */
export const CONNECT_TIME_RANGE = 'connect time should be between 1 seconds to 65535' as const;
/** What a connect time is counted in. */
export const CONNECT_TIME_WHOLE = 'connect time should contain a whole number of seconds' as const;

const IS_DURATION = `self.matches('${DURATION_PATTERN}')`;
const isDuration = { rule: IS_DURATION, message: `invalid duration: ${DURATION_HELP}` } as const;
/** A rule on a text that is a duration; of one that is none the first rule speaks. */
const onDuration = <Rule extends string>(
  rule: Rule,
): `self == '' || !${typeof IS_DURATION} || (${Rule})` =>
  `self == '' || !${IS_DURATION} || (${rule})`;

/** The rules on single fields. */
export const fieldRules = {
  peerAddress: [
    { rule: "self == '' || isIP(self)", message: `invalid BGPPeer address: ${ADDRESS_HELP}` },
  ],
  sourceAddress: [
    { rule: "self == '' || isIP(self)", message: `invalid source IP: ${ADDRESS_HELP}` },
  ],
  routerID: [
    {
      rule: "self == '' || (isIP(self) && ip(self).family() == 4 && self != '0.0.0.0')",
      message: `invalid router ID: ${ROUTER_ID_HELP}`,
    },
  ],
  holdTime: [
    isDuration,
    {
      rule: onDuration(
        "duration(self) < duration('1s') || (duration(self) >= duration('3s') && duration(self) < duration('65536s'))",
      ),
      message: `invalid hold time: ${HOLD_TIME_HELP}`,
    },
  ],
  keepaliveTime: [isDuration],
  connectTime: [
    isDuration,
    {
      rule: onDuration('duration(self).getSeconds() >= 1 && duration(self).getSeconds() <= 65535'),
      message: CONNECT_TIME_RANGE,
    },
    {
      rule: onDuration('duration(self).getMilliseconds() % 1000 == 0'),
      message: CONNECT_TIME_WHOLE,
    },
  ],
} as const;

/** What is said where fields do not go together. */
export const TOGETHER = {
  ASN_MISSING: 'missing peer ASN and dynamicASN: set one of the two',
  ASN_TWICE: 'both peer ASN and dynamicASN specified: leave one of the two out',
  ADDRESS_MISSING: 'peer has no Address or Interface specified: set one of the two',
  ADDRESS_TWICE: 'peer has both Address and Interface specified: leave one of the two out',
  MULTI_HOP:
    'invalid ebgp-multihop parameter set for an ibgp peer: an internal peer may be any number of hops away at any rate',
  KEEPALIVE: 'invalid keepalive time: must not be longer than the hold time',
  SOURCE_FAMILY: 'invalid source IP: must be of the family of the peer address',
  PASSWORD_TWICE: 'can not have both password and secret ref set: leave one of the two out',
} as const;

const SET = {
  peerASN: '(has(self.peerASN) && self.peerASN > 0)',
  dynamicASN: 'has(self.dynamicASN)',
  peerAddress: "(has(self.peerAddress) && self.peerAddress != '')",
  interface: "(has(self.interface) && self.interface != '')",
  sourceAddress: "(has(self.sourceAddress) && self.sourceAddress != '')",
  holdTime: "(has(self.holdTime) && self.holdTime != '')",
  keepaliveTime: "(has(self.keepaliveTime) && self.keepaliveTime != '')",
  password: "(has(self.password) && self.password != '')",
  passwordSecret:
    "(has(self.passwordSecret) && has(self.passwordSecret.name) && self.passwordSecret.name != '')",
} as const;
const matches = (field: string): string => `self.${field}.matches('${DURATION_PATTERN}')`;

/** The rules on fields that do not go together. */
export const BGP_PEER_RULES = [
  { rule: `${SET.peerASN} || ${SET.dynamicASN}`, message: TOGETHER.ASN_MISSING },
  { rule: `!(${SET.peerASN} && ${SET.dynamicASN})`, message: TOGETHER.ASN_TWICE },
  { rule: `${SET.peerAddress} || ${SET.interface}`, message: TOGETHER.ADDRESS_MISSING },
  { rule: `!(${SET.peerAddress} && ${SET.interface})`, message: TOGETHER.ADDRESS_TWICE },
  {
    rule: '!(has(self.ebgpMultiHop) && self.ebgpMultiHop && has(self.peerASN) && self.peerASN == self.myASN)',
    message: TOGETHER.MULTI_HOP,
  },
  {
    rule: `!${SET.holdTime} || !${SET.keepaliveTime} || !${matches('holdTime')} || !${matches('keepaliveTime')} || duration(self.keepaliveTime) <= duration(self.holdTime)`,
    message: TOGETHER.KEEPALIVE,
  },
  {
    rule: `${SET.holdTime} || !${SET.keepaliveTime} || !${matches('keepaliveTime')} || duration(self.keepaliveTime) == duration('0s') || (duration(self.keepaliveTime) >= duration('1s') && duration(self.keepaliveTime) <= duration('21845s'))`,
    message: `invalid keepalive time: ${KEEPALIVE_HELP}`,
  },
  {
    rule: `!${SET.peerAddress} || !${SET.sourceAddress} || !isIP(self.peerAddress) || !isIP(self.sourceAddress) || ip(self.peerAddress).family() == ip(self.sourceAddress).family()`,
    message: TOGETHER.SOURCE_FAMILY,
  },
  { rule: `!(${SET.password} && ${SET.passwordSecret})`, message: TOGETHER.PASSWORD_TWICE },
] as const;
