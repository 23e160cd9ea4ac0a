import {
  attributeOf,
  BgpPeer,
  BgpSpeaker,
  type Prefix,
  routesOf,
  type UpdateMessage,
} from '@picluster/bgp';
import type { MemoryNetwork } from '@picluster/testkit';

/** Where the node is that sessions come from. */
export const NODE_AT = '192.0.2.11';
/** Where it is for a router behind its interface eth1. */
export const LINK_LOCAL = 'fe80::11%eth1';

/** A router in memory, in AS 64512: it waits for the node, and keeps what it is told. */
export class TestRouter {
  /** What it has of the node: of each prefix LOCAL_PREF and communities, in words. */
  readonly routes = new Map<Prefix, string>();
  /** How often a session has come about. */
  sessions = 0;
  /** How often the node said goodbye, and how. */
  readonly ends: string[] = [];
  /** How many UPDATEs came. */
  updates = 0;
  readonly #peer: BgpPeer;

  constructor(network: MemoryNetwork, address: string, localAsn: number = 64_512) {
    this.#peer = new BgpPeer(
      {
        dialer: network.dialer(address, NODE_AT),
        clock: network.clock,
        random: () => 0.5,
        listener: {
          established: () => void this.sessions++,
          update: (update) => this.#onUpdate(update),
          down: (_, retained) => {
            this.ends.push(this.#peer.status.lastEnd ?? '');
            if (retained.length === 0) this.routes.clear();
          },
        },
      },
      address,
      {
        localAsn,
        peerAsn: 64_500,
        identifier: '192.0.2.2',
        mode: 'passive',
        families: ['ipv4-unicast', 'ipv6-unicast'],
        extendedNextHop: true,
        gracefulRestart: {},
      },
    );
    const speaker = new BgpSpeaker();
    for (const from of [NODE_AT, LINK_LOCAL]) speaker.add(from, this.#peer);
    network.listen(address, (connection) => speaker.accept(connection));
    this.#peer.start();
  }

  get prefixes(): string[] {
    return [...this.routes.keys()].toSorted();
  }

  #onUpdate(update: UpdateMessage): void {
    this.updates++;
    const { withdrawn, announced } = routesOf(update);
    for (const { prefixes } of withdrawn) for (const each of prefixes) this.routes.delete(each);
    const { attributes } = update;
    const words = [
      ...attributes.flatMap((each) => (each.type === 'LOCAL_PREF' ? [each.value] : [])),
      attributeOf(attributes, 'COMMUNITIES')?.communities.join(','),
      attributeOf(attributes, 'LARGE_COMMUNITY')?.communities.join(','),
    ].filter((word) => word !== undefined);
    for (const { prefixes, nextHop } of announced) {
      for (const each of prefixes) this.routes.set(each, [nextHop.address, ...words].join(' '));
    }
  }
}
