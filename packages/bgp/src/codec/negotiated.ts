import type { GracefulRestartCapability } from './capability.ts';
import type { Family } from './family.ts';

/** What the OPENs of both sides agree on, as far as encoding and decoding depend on it (see `negotiate`). */
export interface Negotiated {
  /** The peer is of another AS: LOCAL_PREF and the attributes of route reflection are not taken from it. */
  readonly external: boolean;
  /** AS numbers have four octets in AS_PATH and AGGREGATOR (RFC 6793). */
  readonly fourOctetAs: boolean;
  /** Families whose routes may be sent and received. */
  readonly families: readonly Family[];
  /** IPv4 routes may have IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** The largest message the peer may send, header included: 65,535 where we said that we take extended ones. */
  readonly receiveLengthMax: number;
  /** The largest message we may send. */
  readonly sendLengthMax: number;
  /** The peer answers ROUTE-REFRESH (RFC 2918), if we asked for it as well. */
  readonly routeRefresh: boolean;
  /** Answers to ROUTE-REFRESH are marked (RFC 7313). */
  readonly enhancedRouteRefresh: boolean;
  /** The peer's capability, where both sides have it (RFC 4724). */
  readonly gracefulRestart?: GracefulRestartCapability;
  /** A NOTIFICATION may be survived by graceful restart: both sides set N (RFC 8538). */
  readonly restartOnNotification: boolean;
  /** The peer's true AS number. */
  readonly peerAsn: number;
  /** The smaller of both hold times, seconds; 0: none. */
  readonly holdTimeS: number;
}
