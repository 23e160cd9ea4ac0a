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

/** A session that this node has. */
export interface PeerPlan {
  /** Of the BGPPeer. */
  readonly name: string;
  /** The label of its metrics: `<address>:<port>`. */
  readonly label: string;
  readonly session: SessionOptions;
  readonly socket: TcpSocketOptions;
  readonly bfd: BfdPlan | undefined;
}

/** Another try begins after this at most; MetalLB waits up to 120 s, and then a router that is back waits for nothing. */
const RETRY_MAX_MS = 10_000;
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
  const plans: PeerPlan[] = [];
  const others: BGPProblem[] = [];
  for (const resolved of peers) {
    const { address, name } = resolved.peer;
    if (address === undefined) {
      const message = 'a peer without an address is not supported yet';
      others.push({ kind: 'BGPPeer', name, code: 'invalid', message });
    } else plans.push(planPeer(resolved, address, situation));
  }
  return { plans, problems: [...problems, ...others] };
}

function planPeer(
  { peer, profile, password }: ResolvedPeer<BgpPeerView, BfdProfileView>,
  address: string,
  situation: PeersSituation,
): PeerPlan {
  const { name, port, vrf, sourceAddress } = peer;
  return {
    name,
    label: `${address}:${port}`,
    session: sessionOf(peer, address, situation),
    socket: {
      address,
      port,
      ttl: TTL,
      ...(sourceAddress !== undefined && { source: sourceAddress }),
      ...(password !== undefined && { password }),
      ...(vrf !== undefined && { device: vrf }),
    },
    bfd: profile && bfdOf(peer, profile),
  };
}

function sessionOf(
  peer: BgpPeerView,
  address: string,
  { node, fallbackRouterID }: PeersSituation,
): SessionOptions {
  const { holdTimeMs, keepaliveTimeMs, connectTimeMs = RETRY_MAX_MS } = peer;
  const isIPv4 = (text: string | undefined): boolean => text?.includes('.') === true;
  const own = isIPv4(address) ? 'ipv4-unicast' : 'ipv6-unicast';
  const families: readonly Family[] = peer.dualStack ? ['ipv4-unicast', 'ipv6-unicast'] : [own];
  const addresses = [peer.sourceAddress, ...(node?.addresses ?? [])];
  return {
    localAsn: peer.localASN ?? peer.myASN,
    peerAsn: peer.peerASN,
    identifier: peer.routerID ?? addresses.find(isIPv4) ?? fallbackRouterID,
    families,
    // The port of BGP on a node may be another's, and none of MetalLB's modes listens.
    mode: 'active',
    connectRetryMs: connectTimeMs,
    retryFirstMs: Math.min(1000, connectTimeMs),
    ...(peer.dualStack && { extendedNextHop: true }),
    ...(holdTimeMs !== undefined && { holdTimeS: Math.floor(holdTimeMs / 1000) }),
    ...(keepaliveTimeMs !== undefined && keepaliveTimeMs > 0 && { keepaliveMs: keepaliveTimeMs }),
    ...(peer.gracefulRestart && { gracefulRestart: {} }),
  };
}

function bfdOf(peer: BgpPeerView, profile: BfdProfileView): BfdPlan {
  const { ebgpMultiHop, myASN, localASN, peerASN } = peer;
  const { name: _, minimumTtl = MINIMUM_TTL_DEFAULT, ...options } = profile;
  const isInternal = peerASN === 'internal' || peerASN === (localASN ?? myASN);
  const multiHop = ebgpMultiHop || (isInternal && 'unless-neighbour');
  return { options, minimumTtl, multiHop };
}
