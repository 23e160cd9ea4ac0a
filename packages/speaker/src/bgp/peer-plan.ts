import {
  resolvePeers,
  type BGPProblem,
  type PeerFacts,
  type ResolvedPeer,
  type SecretFacts,
} from '@picluster/api';
import type { BfdOptions } from '@picluster/bfd';
import type { Family, SessionOptions } from '@picluster/bgp';
import type { TcpSocketOptions } from '@picluster/packet-socket';
import type { NodeView } from '../views.ts';

/** What the speaker keeps of a BGPPeer. */
export interface BgpPeerView extends PeerFacts {
  readonly uid: string | undefined;
  readonly myASN: number;
  /** The AS that this peer alone knows us by; `undefined`: `myASN`. */
  readonly localASN: number | undefined;
  readonly peerASN: number | 'internal' | 'external';
  readonly sourceAddress: string | undefined;
  readonly holdTimeMs: number | undefined;
  readonly keepaliveTimeMs: number | undefined;
  readonly connectTimeMs: number | undefined;
  readonly routerID: string | undefined;
  readonly gracefulRestart: boolean;
  readonly ebgpMultiHop: boolean;
  readonly dualStack: boolean;
}

/** What the speaker keeps of a BFDProfile. */
export interface BfdProfileView extends BfdOptions {
  readonly name: string;
  /** Over several hops: the lowest TTL that is heard. */
  readonly minimumTtl: number | undefined;
}

/** All that decides which sessions this node has. */
export interface PeersSituation {
  readonly peers: Iterable<BgpPeerView>;
  /** Where peers and Secrets are. */
  readonly namespace: string;
  readonly profile: (name: string) => BfdProfileView | undefined;
  readonly secret: (name: string) => SecretFacts | undefined;
  /** This node; `undefined`: the API shows none of its name. */
  readonly node: NodeView | undefined;
  /** An IPv4 address as the router ID of a node that has none. */
  readonly fallbackRouterID: string;
}

/** How a session is watched. */
export interface BfdPlan {
  readonly options: BfdOptions;
  readonly minimumTtl: number;
  /** `unless-neighbour`: over several hops, where no interface of ours is in the peer's network. */
  readonly multiHop: boolean | 'unless-neighbour';
}

/** Where a router is: at an address, or whoever is at the other end of an interface. */
type RouterPlace = { readonly address: string } | { readonly interface: string };

/** A session that this node has. */
export interface PeerPlan {
  /** Of the BGPPeer. */
  readonly name: string;
  readonly uid: string | undefined;
  /** The label of its metrics: `<address>:<port>`, or `<interface>:<port>`. */
  readonly label: string;
  readonly place: RouterPlace;
  readonly session: SessionOptions;
  readonly socket: Omit<TcpSocketOptions, 'address'>;
  readonly bfd: BfdPlan | undefined;
}

/** Another try begins after this at most; MetalLB waits up to 120 s, and then a router that is back waits for nothing. */
const RETRY_MAX_MS = 10_000;
/** A router that takes the connection and hangs is known after this, and one that has lost the connection is met anew; RFC 4271 §8.2.2 suggests 4 minutes. */
const OPEN_HOLD_MS = 60_000;
/** FRR's, which MetalLB means where a profile says nothing. */
const MINIMUM_TTL_DEFAULT = 254;
/** The most that a packet can begin with: routers with TTL security (RFC 5082) take nothing else, and no other router minds. */
const TTL = 255;

/** Which sessions this node has, in the order of their names, and what keeps others from being. */
export function planPeers(situation: PeersSituation): {
  readonly plans: readonly PeerPlan[];
  readonly problems: readonly BGPProblem[];
} {
  const { node } = situation;
  if (node === undefined) return { plans: [], problems: [] };
  const { labels } = node;
  const { peers, problems } = resolvePeers(situation.peers, { ...situation, labels });
  return { plans: peers.map((resolved) => planPeer(resolved, situation)), problems };
}

function planPeer(
  { peer, profile, password }: ResolvedPeer<BgpPeerView, BfdProfileView>,
  situation: PeersSituation,
): PeerPlan {
  const { name, uid, port, vrf, sourceAddress } = peer;
  return {
    name,
    uid,
    label: `${peer.address ?? peer.interface}:${port}`,
    place: placeOf(peer),
    session: sessionOf(peer, situation),
    socket: {
      port,
      ttl: TTL,
      ...(sourceAddress !== undefined && { source: sourceAddress }),
      ...(password !== undefined && { password }),
      ...(vrf !== undefined && { device: vrf }),
    },
    bfd: profile && bfdOf(peer, profile),
  };
}

function placeOf({ name, address, interface: link }: BgpPeerView): RouterPlace {
  if (address !== undefined) return { address };
  if (link !== undefined) return { interface: link };
  throw new Error(`BGPPeer ${name} was taken without an address and an interface`);
}

function sessionOf(peer: BgpPeerView, { node, fallbackRouterID }: PeersSituation): SessionOptions {
  const { holdTimeMs, keepaliveTimeMs, connectTimeMs = RETRY_MAX_MS } = peer;
  const own = isIPv4(peer.address) ? 'ipv4-unicast' : 'ipv6-unicast';
  // An interface is all that such a peer is told of, for routes of either family.
  const isForBoth = peer.dualStack || peer.address === undefined;
  const families: readonly Family[] = isForBoth ? ['ipv4-unicast', 'ipv6-unicast'] : [own];
  const addresses = [peer.sourceAddress, ...(node?.addresses ?? [])];
  return {
    localAsn: peer.localASN ?? peer.myASN,
    peerAsn: peer.peerASN,
    identifier: peer.routerID ?? addresses.find(isRouterID) ?? fallbackRouterID,
    families,
    // The port of BGP on a node may be another's, and none of MetalLB's modes listens.
    mode: 'active',
    connectRetryMs: connectTimeMs,
    openHoldMs: OPEN_HOLD_MS,
    retryFirstMs: Math.min(1000, connectTimeMs),
    ...(isForBoth && { extendedNextHop: true }),
    ...(holdTimeMs !== undefined && { holdTimeS: Math.floor(holdTimeMs / 1000) }),
    ...(keepaliveTimeMs !== undefined && keepaliveTimeMs > 0 && { keepaliveMs: keepaliveTimeMs }),
    ...(peer.gracefulRestart && { gracefulRestart: {} }),
  };
}

function isIPv4(text: string | undefined): boolean {
  return text?.includes(':') === false;
}

/** The address that means any is nobody's. */
function isRouterID(text: string | undefined): boolean {
  return isIPv4(text) && text !== '0.0.0.0';
}

function bfdOf(peer: BgpPeerView, profile: BfdProfileView): BfdPlan {
  const { ebgpMultiHop, myASN, localASN, peerASN } = peer;
  const { name: _, minimumTtl = MINIMUM_TTL_DEFAULT, ...options } = profile;
  const isInternal = peerASN === 'internal' || peerASN === (localASN ?? myASN);
  const multiHop = ebgpMultiHop || (isInternal && 'unless-neighbour');
  return { options, minimumTtl, multiHop };
}
