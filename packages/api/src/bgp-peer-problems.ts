import type { BGPPeerSpec } from './bgp-peer.ts';
import {
  ADDRESS_HELP,
  CONNECT_TIME_RANGE,
  CONNECT_TIME_WHOLE,
  DURATION_HELP,
  HOLD_TIME_HELP,
  KEEPALIVE_HELP,
  ROUTER_ID_HELP,
  TOGETHER,
} from './bgp-peer-rules.ts';
import { durationMs } from './duration.ts';
import { ipFamilyOf } from './ip-family.ts';
import { selectorListProblems } from './label-selector.ts';
import type { FieldProblem } from './structural-schema.ts';

/** What is wrong with the spec of a BGPPeer that its schema does not show. */
export function bgpPeerProblems(spec: BGPPeerSpec): readonly FieldProblem[] {
  return [
    ...asnProblems(spec),
    ...addressProblems(spec),
    ...timeProblems(spec),
    ...selectorListProblems(spec.nodeSelectors ?? [], 'spec.nodeSelectors'),
    ...(isSet(spec.password) && isSet(spec.passwordSecret?.name)
      ? [{ field: 'spec.password', message: TOGETHER.PASSWORD_TWICE }]
      : []),
  ];
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function asnProblems(spec: BGPPeerSpec): FieldProblem[] {
  const { myASN, peerASN = 0, dynamicASN, ebgpMultiHop } = spec;
  const problems: FieldProblem[] = [];
  const field = 'spec.peerASN';
  if (peerASN === 0 && dynamicASN === undefined) {
    problems.push({ field, message: TOGETHER.ASN_MISSING });
  }
  if (peerASN !== 0 && dynamicASN !== undefined) {
    problems.push({ field, message: TOGETHER.ASN_TWICE });
  }
  if (ebgpMultiHop === true && peerASN === myASN) {
    problems.push({ field: 'spec.ebgpMultiHop', message: TOGETHER.MULTI_HOP });
  }
  return problems;
}

function addressProblems(spec: BGPPeerSpec): FieldProblem[] {
  const { peerAddress = '', interface: link = '', sourceAddress = '', routerID = '' } = spec;
  const problems: FieldProblem[] = [];
  const say = (field: string, message: string): void =>
    void problems.push({ field: `spec.${field}`, message });
  if (peerAddress === '' && link === '') say('peerAddress', TOGETHER.ADDRESS_MISSING);
  if (peerAddress !== '' && link !== '') say('peerAddress', TOGETHER.ADDRESS_TWICE);
  const [peer, source] = [ipFamilyOf(peerAddress), ipFamilyOf(sourceAddress)];
  if (peerAddress !== '' && peer === undefined) {
    say('peerAddress', `invalid BGPPeer address "${peerAddress}": ${ADDRESS_HELP}`);
  }
  if (sourceAddress !== '' && source === undefined) {
    say('sourceAddress', `invalid source IP "${sourceAddress}": ${ADDRESS_HELP}`);
  }
  if (peer !== undefined && source !== undefined && peer !== source) {
    say('sourceAddress', TOGETHER.SOURCE_FAMILY);
  }
  if (routerID !== '' && (ipFamilyOf(routerID) !== 'ipv4' || routerID === '0.0.0.0')) {
    say('routerID', `invalid router ID "${routerID}": ${ROUTER_ID_HELP}`);
  }
  return problems;
}

function timeProblems(spec: BGPPeerSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const say = (field: string, message: string): void =>
    void problems.push({ field: `spec.${field}`, message });
  const read = (field: 'holdTime' | 'keepaliveTime' | 'connectTime'): number | undefined => {
    const text = spec[field];
    if (!isSet(text)) return undefined;
    const ms = durationMs(text);
    if (ms === undefined) say(field, `invalid duration "${text}": ${DURATION_HELP}`);
    return ms;
  };
  const [hold, keepalive, connect] = [read('holdTime'), read('keepaliveTime'), read('connectTime')];
  // Below a second it is 0: BGP counts whole seconds.
  if (hold !== undefined && ((hold >= 1000 && hold < 3000) || hold >= 65_536_000)) {
    say('holdTime', `invalid hold time "${spec.holdTime}": ${HOLD_TIME_HELP}`);
  }
  if (hold !== undefined && keepalive !== undefined && keepalive > hold) {
    say('keepaliveTime', TOGETHER.KEEPALIVE);
  }
  const givesHold = !isSet(spec.holdTime) && keepalive !== undefined && keepalive > 0;
  if (givesHold && (keepalive < 1000 || keepalive > 21_845_000)) {
    say('keepaliveTime', `invalid keepalive time "${spec.keepaliveTime}": ${KEEPALIVE_HELP}`);
  }
  if (connect !== undefined && (connect < 1000 || connect >= 65_536_000)) {
    say('connectTime', CONNECT_TIME_RANGE);
  } else if (connect !== undefined && connect % 1000 !== 0) {
    say('connectTime', CONNECT_TIME_WHOLE);
  }
  return problems;
}
