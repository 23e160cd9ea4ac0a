import { isIPv6 } from 'node:net';
import type { NodeAddresses } from './addresses.ts';
import { POD_PORT } from './lab-node.ts';
import { run } from './run.ts';

/** Traffic that a node is to hand on. */
export interface Forwarding {
  readonly address: string;
  readonly port: number;
  /** Nodes whose pods take turns. */
  readonly pods: readonly NodeAddresses[];
}

/**
 * Sets a node's nftables rules that stand in for kube-proxy where there is none: connections to an external address go to
 * a pod, in turn, with the node's own address as their source. They replace the rules set before.
 */
export async function standIn(
  node: NodeAddresses,
  forwardings: readonly Forwarding[],
): Promise<void> {
  const rules = forwardings.filter(({ pods }) => pods.length > 0).map(rule);
  // Declared, deleted and made anew in one transaction: there is no moment without rules.
  const table = [
    'table inet stand-in',
    'delete table inet stand-in',
    'table inet stand-in {',
    '  chain services {',
    '    type nat hook prerouting priority dstnat',
    ...rules,
    '  }',
    '  chain sources {',
    '    type nat hook postrouting priority srcnat',
    '    ct status dnat masquerade',
    '  }',
    '}',
  ];
  await run(['nft', '-f', '-'], { netns: node.name, input: `${table.join('\n')}\n` });
}

function rule({ address, port, pods }: Forwarding): string {
  const six = isIPv6(address);
  const family = six ? 'ip6' : 'ip';
  const turns = pods.map((pod, i) => `${i} : ${six ? pod.pod6 : pod.pod4}`).join(', ');
  const target = `numgen inc mod ${pods.length} map { ${turns} } : ${POD_PORT}`;
  return `    ${family} daddr ${address} tcp dport ${port} dnat ${family} to ${target}`;
}
