import { matchesAnySelector, type LabelSelector } from '@picluster/api';
import type { BfdOptions } from '@picluster/bfd';
import type { Family, SessionOptions } from '@picluster/bgp';
import type { TcpSocketOptions } from '@picluster/packet-socket';
import type { NodeView } from '../views.ts';

/** What the speaker keeps of a BGPPeer. */
export interface BgpPeerView {
  readonly name: string;
  readonly myASN: number;
  /** The AS that this peer alone knows us by; `undefined`: `myASN`. */
  readonly localASN: number | undefined;
  readonly peerASN: number | 'internal' | 'external';
  readonly address: string | undefined;
  /** Absent addresses: whoever is at the other end of this interface. */
  readonly interface: string | undefined;
  readonly port: number;
  readonly sourceAddress: string | undefined;
  readonly holdTimeMs: number | undefined;
  readonly keepaliveTimeMs: number | undefined;
  readonly connectTimeMs: number | undefined;
  readonly routerID: string | undefined;
  /** None: all nodes. */
  readonly nodeSelectors: readonly LabelSelector[];
  readonly password: string | undefined;
  /** Name of the Secret with the password. */
  readonly passwordSecret: string | undefined;
  /** Name of the BFDProfile. */
  readonly bfdProfile: string | undefined;
  readonly gracefulRestart: boolean;
  readonly ebgpMultiHop: boolean;
  readonly vrf: string | undefined;
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
  /** By name. */
  readonly profiles: (name: string) => BfdProfileView | undefined;
  /** The password in a Secret, by the Secret's name; `undefined`: there is no such Secret of the right type. */
  readonly passwords: (secret: string) => string | undefined;
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

/** Why a BGPPeer that is for this node has no session. */
export interface PeerProblem {
  readonly peer: string;
  readonly problem: string;
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
  readonly problems: readonly PeerProblem[];
} {
  const { node } = situation;
  const plans: PeerPlan[] = [];
  const problems: PeerProblem[] = [];
  const ours = [...situation.peers].filter((peer) => node !== undefined && isFor(peer, node));
  for (const peer of ours.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const plan = planPeer(peer, situation);
    if (typeof plan === 'string') problems.push({ peer: peer.name, problem: plan });
    else plans.push(plan);
  }
  return { plans, problems };
}

function isFor({ nodeSelectors }: BgpPeerView, node: NodeView): boolean {
  return nodeSelectors.length === 0 || matchesAnySelector(nodeSelectors, node.labels);
}

function planPeer(peer: BgpPeerView, situation: PeersSituation): PeerPlan | string {
  const { name, address, port, vrf, sourceAddress } = peer;
  if (address === undefined) return 'a peer without an address is not supported yet';
  const password =
    peer.passwordSecret === undefined ? peer.password : situation.passwords(peer.passwordSecret);
  // Without the password the router would hear nothing of us, and we would not know why.
  if (peer.passwordSecret !== undefined && password === undefined) {
    return `there is no Secret "${peer.passwordSecret}" of type kubernetes.io/basic-auth with a password`;
  }
  const bfd = planBfd(peer, situation);
  if (typeof bfd === 'string') return bfd;
  return {
    name,
    label: `${address}:${port}`,
    session: sessionOf(peer, address, situation),
    socket: {
      address,
      port,
      ttl: TTL,
      ...(sourceAddress !== undefined && { source: sourceAddress }),
      ...(password !== undefined && password !== '' && { password }),
      ...(vrf !== undefined && { device: vrf }),
    },
    bfd,
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

function planBfd(peer: BgpPeerView, { profiles }: PeersSituation): BfdPlan | string | undefined {
  const { bfdProfile, ebgpMultiHop, myASN, localASN, peerASN } = peer;
  if (bfdProfile === undefined) return undefined;
  const profile = profiles(bfdProfile);
  if (profile === undefined) return `there is no BFDProfile "${bfdProfile}"`;
  const { name: _, minimumTtl = MINIMUM_TTL_DEFAULT, ...options } = profile;
  const isInternal = peerASN === 'internal' || peerASN === (localASN ?? myASN);
  const multiHop = ebgpMultiHop || (isInternal && 'unless-neighbour');
  return { options, minimumTtl, multiHop };
}
