import { type BgpCluster, NODES_ASN } from '../../e2e/bgp-mode/bgp-cluster.ts';
import { FrrProcess } from '../../e2e/bgp-mode/frr-process.ts';
import { ROUTER } from '../../e2e/bgp-mode/router-network.ts';

/** What announces an address from three nodes. */
export interface Contestant {
  readonly name: string;
  start(): Promise<void>;
  /** Resolves when all nodes have a session, and BFD where it is wanted. */
  ready(): Promise<void>;
  /** A node dies: nothing of it is heard any more, and nobody says goodbye. */
  kill(node: string): Promise<void>;
  revive(node: string): Promise<void>;
  stop(): Promise<void>;
}

/** Our speakers, with a BGPPeer of this spec. */
export function picluster(
  cluster: BgpCluster,
  spec: { readonly bfdProfile?: string; readonly holdTime?: string },
): Contestant {
  const { bfdProfile, holdTime } = spec;
  return {
    name: `picluster, ${bfdProfile === undefined ? `hold time ${holdTime}` : 'BFD 3 × 300 ms'}`,
    start: async () => await cluster.peer(spec),
    ready: async () => await whenReady(cluster, bfdProfile !== undefined),
    kill: async (name) => {
      const node = cluster.lab.node(name);
      await node.linkDown();
      await node.speaker.kill();
    },
    revive: async (name) => {
      const node = cluster.lab.node(name);
      await node.linkUp();
      node.speaker.restart();
      await node.speaker.ready();
    },
    stop: async () => await cluster.removeAll('BGPPeer'),
  };
}

/** FRR on the nodes, as MetalLB's FRR mode has it, with the same BFD. */
export function frr(cluster: BgpCluster, address: string): Contestant {
  const running = new Map<string, FrrProcess>();
  const begin = async (name: string): Promise<void> => {
    running.set(name, await FrrProcess.start(name, configuration(address), { bfd: true }));
  };
  return {
    name: 'FRR, BFD 3 × 300 ms',
    start: async () => {
      for (const { name } of cluster.lab.nodes) await begin(name);
    },
    ready: async () => await whenReady(cluster, true),
    kill: async (name) => {
      await cluster.lab.node(name).linkDown();
      await running.get(name)?.end('SIGKILL');
    },
    revive: async (name) => {
      await cluster.lab.node(name).linkUp();
      await begin(name);
    },
    stop: async () => {
      for (const each of running.values()) await each.end();
    },
  };
}

async function whenReady(cluster: BgpCluster, bfd: boolean): Promise<void> {
  await cluster.sessionsWith('n1', 'n2', 'n3');
  if (bfd) await cluster.bfdWithAll();
}

function configuration(address: string): string {
  const { asn, ipv4 } = ROUTER;
  return `
router bgp ${NODES_ASN}
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor ${ipv4} remote-as ${asn}
 neighbor ${ipv4} bfd
 neighbor ${ipv4} timers connect 1
 neighbor ${ipv4} advertisement-interval 0
 address-family ipv4 unicast
  network ${address}/32
 exit-address-family
`;
}
