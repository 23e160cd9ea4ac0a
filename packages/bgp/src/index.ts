/**
 * BGP-4 (RFC 4271) without a socket: whole messages in, values out, and back.
 *
 * Nothing here opens a socket, reads a clock or logs, and no `node:*` module is imported. Addresses, prefixes and communities are canonical text. A
 * decoder returns the value, or a named reason with the NOTIFICATION that answers it, and never throws, whatever the bytes; an encoder throws
 * `RangeError` at values that no message can hold.
 *
 * @packageDocumentation
 */
export { BgpError, type BgpErrorCode } from './bgp-error.ts';
export { isAddress, isPrefix } from './codec/address.ts';
export { asnOf, twoOctetAs } from './codec/asn.ts';
export {
  CAPABILITY,
  type Capability,
  type ExtendedNextHopCapability,
  type FourOctetAsCapability,
  type GracefulRestartCapability,
  type MultiprotocolCapability,
  type PlainCapability,
  type RestartFamily,
  type UnknownCapability,
} from './codec/capability.ts';
export { COMMUNITY, isCommunity, isLargeCommunity } from './codec/communities.ts';
export {
  AFI,
  FAMILIES,
  SAFI,
  afiSafiOf,
  familyOf,
  type AfiSafi,
  type Family,
} from './codec/family.ts';
export type {
  DecodedMessage,
  ErrorGrade,
  HeaderFaultReason,
  MessageFault,
  MessageFaultReason,
  OpenFaultReason,
  UpdateError,
  UpdateErrorReason,
} from './codec/fault.ts';
export {
  AS_TRANS,
  EXTENDED_MESSAGE_LENGTH_MAX,
  HEADER_LENGTH,
  MESSAGE_LENGTH_MAX,
  MESSAGE_TYPE,
  ROUTE_REFRESH_SUBTYPE,
  type BgpMessage,
  type KeepaliveMessage,
  type NotificationMessage,
  type OpenMessage,
  type RouteRefreshMessage,
  type UpdateMessage,
} from './codec/messages.ts';
export {
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  type DecodeOptions,
  type EncodeOptions,
} from './codec/message-codec.ts';
export { MessageFramer, type Frame } from './codec/message-framer.ts';
export { negotiate } from './codec/negotiate.ts';
export type { Negotiated } from './codec/negotiated.ts';
export {
  CEASE,
  FSM_ERROR,
  HEADER_ERROR,
  NOTIFICATION,
  OPEN_ERROR,
  ROUTE_REFRESH_ERROR,
  UPDATE_ERROR,
} from './codec/notification-codes.ts';
export {
  explainNotification,
  hardReset,
  hardResetOf,
  notificationOf,
  shutdownCommunicationOf,
  shutdownNotification,
} from './codec/notification.ts';
export {
  packUpdates,
  type Route,
  type RouteAttribute,
  type RouteSet,
} from './codec/pack-updates.ts';
export { endOfRib, routesOf, type AnnouncedRoutes, type WithdrawnRoutes } from './codec/routes.ts';
export {
  ATTRIBUTE_FLAG,
  PATH_ATTRIBUTE,
  attributeOf,
  type Address,
  type AggregatorAttribute,
  type AsPathAttribute,
  type AsPathSegment,
  type AtomicAggregateAttribute,
  type ClusterListAttribute,
  type CommunitiesAttribute,
  type ExtendedCommunitiesAttribute,
  type LargeCommunityAttribute,
  type MetricAttribute,
  type MpReachAttribute,
  type MpUnreachAttribute,
  type NextHop,
  type NextHopAttribute,
  type OriginAttribute,
  type OriginatorIdAttribute,
  type PathAttribute,
  type Prefix,
  type Transitive,
  type UnknownAttribute,
} from './codec/path-attribute.ts';
export { survivingSide, type Party } from './session/collision.ts';
export { judgeOpen, type OpenVerdict, type SessionTerms } from './session/judge-open.ts';
export { cease } from './session/notifications.ts';
export { openOf } from './session/our-open.ts';
export { sessionStep, type SessionStep } from './session/session-machine.ts';
export {
  completeSessionOptions,
  sessionDefaults,
  type GracefulRestartOptions,
  type SessionMode,
  type RetryTimes,
  type SessionOptions,
  type SessionSettings,
} from './session/session-options.ts';
export {
  SESSION_PHASES,
  initialSession,
  phaseOf,
  type Connection,
  type ConnectionSide,
  type EndReason,
  type Moment,
  type SessionEffect,
  type SessionHappening,
  type SessionInput,
  type SessionPhase,
  type SessionState,
} from './session/session-state.ts';
export { AdjRibOut, type RibSession, type RouteRefusal } from './rib/adj-rib-out.ts';
export { BgpPeer, type PeerStatus } from './speaker/bgp-peer.ts';
export { BgpSpeaker } from './speaker/bgp-speaker.ts';
export { explainEnd } from './speaker/explain-end.ts';
export type {
  BgpPeerDeps,
  Clock,
  Logger,
  PeerListener,
  PeerMetrics,
  PeerSession,
} from './speaker/peer-deps.ts';
export type {
  BgpConnection,
  ConnectionListener,
  Dialer,
  IncomingConnection,
} from './speaker/transport.ts';
export { LOCAL_PREF_DEFAULT, originatedRoute, type Origination } from './rib/originated-route.ts';
