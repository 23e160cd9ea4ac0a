import type { BfdProfileView, BgpPeerView } from '../../src/bgp/peer-plan.ts';
import type { BgpAdvertisementView } from '../../src/bgp/service-routes.ts';

/** A BGPAdvertisement of all pools to all peers, with what is given. */
export function bgpAdvertisement(change: Partial<BgpAdvertisementView> = {}): BgpAdvertisementView {
  return {
    name: 'all',
    aggregationLength: 32,
    aggregationLengthV6: 128,
    localPref: undefined,
    asPathPrepend: 0,
    communities: [],
    largeCommunities: [],
    peers: [],
    exceptPools: new Set(),
    ...change,
  };
}

/** A BGPPeer at 192.0.2.2 in AS 64512; we are AS 64500. */
export function bgpPeer(change: Partial<BgpPeerView> = {}): BgpPeerView {
  return {
    name: 'router',
    uid: 'uid-router',
    myASN: 64_500,
    localASN: undefined,
    peerASN: 64_512,
    address: '192.0.2.2',
    interface: undefined,
    port: 179,
    sourceAddress: undefined,
    holdTimeMs: undefined,
    keepaliveTimeMs: undefined,
    connectTimeMs: undefined,
    routerID: undefined,
    nodeSelectors: [],
    password: undefined,
    passwordSecret: undefined,
    bfdProfile: undefined,
    gracefulRestart: false,
    ebgpMultiHop: false,
    vrf: undefined,
    dualStack: false,
    ...change,
  };
}

export function bfdProfile(change: Partial<BfdProfileView> = {}): BfdProfileView {
  return { name: 'quick', minimumTtl: undefined, ...change };
}
