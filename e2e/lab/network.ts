import {
  CLIENT,
  CONTROL_PLANE,
  MANAGEMENT,
  TEST_ON_LAN,
  nodeAddresses,
  type LanHost,
  type NodeAddresses,
} from './addresses.ts';
import { run } from './run.ts';

// A bridge trusts what it has learned one response interval (in hundredths of a second) after it began to ask.
const BRIDGE = 'type bridge stp_state 0 mcast_snooping 1 mcast_query_response_interval 10';

/**
 * The lab's network namespaces: `lan` with the bridge, `cp`, `client`, and for each node `n<i>` with its pod's `p<i>`.
 *
 * The bridge snoops multicast and floods none of it, as a good switch does: whoever wants Neighbor Solicitations must
 * have joined their group.
 */
export async function createNetwork(nodeCount: number): Promise<readonly NodeAddresses[]> {
  const nodes = Array.from({ length: nodeCount }, (_, i) => nodeAddresses(i + 1));
  const namespaces = ['lan', 'cp', 'client', ...nodes.flatMap((node) => [node.name, podOf(node)])];
  await ip(
    undefined,
    namespaces.map((name) => `netns add ${name}`),
  );
  await Promise.all(namespaces.map(prepareNamespace));
  await ip('lan', [
    `link add br0 ${BRIDGE}`,
    'link set br0 up',
    'address add fe80::1/64 dev br0 nodad',
  ]);
  await plugIn('cp', CONTROL_PLANE);
  await plugIn('client', CLIENT);
  for (const node of nodes) await plugIn(node.name, node);
  // It asks who listens to what, which takes an address of its own; before all are plugged in there is nobody to ask.
  await ip('lan', ['link set br0 type bridge mcast_querier 1']);
  await Promise.all(nodes.map((node) => addPod(node, nodes)));
  await connectTest();
  return nodes;
}

/** Ends the namespaces, and with them all that is in them; those already gone are no error. */
export async function deleteNetwork(): Promise<void> {
  const list = JSON.parse((await run(['ip', '-json', 'netns', 'list'])) || '[]') as readonly {
    name: string;
  }[];
  await ip(
    undefined,
    list.map(({ name }) => `netns delete ${name}`),
  );
}

/** Pulls the cable of a node (or of `client`, `cp`) at the switch, or puts it back. The other end loses its carrier. */
export async function setLink(name: string, state: 'up' | 'down'): Promise<void> {
  await ip('lan', [`link set ${name} ${state}`]);
}

/** Connects the namespace of the test itself with the LAN, besides its own link to the control plane. */
export async function joinLan(): Promise<string> {
  const { ipv4, mac } = TEST_ON_LAN;
  await ip(undefined, [
    `link add lab-lan address ${mac} type veth peer name test netns lan`,
    'link set lab-lan up',
    `address add ${ipv4}/24 dev lab-lan`,
  ]);
  await ip('lan', ['link set test master br0', 'link set test up']);
  return ipv4;
}

/** The namespace of a node's pod. */
export function podOf(node: Pick<NodeAddresses, 'name'>): string {
  return node.name.replace(/^n/, 'p');
}

async function ip(netns: string | undefined, lines: readonly string[]): Promise<void> {
  const command: [string, ...string[]] =
    netns === undefined ? ['ip', '-batch', '-'] : ['ip', '-n', netns, '-batch', '-'];
  await run(command, { input: `${lines.join('\n')}\n` });
}

async function prepareNamespace(name: string): Promise<void> {
  const settings = [
    // Without duplicate address detection an address can be used at once.
    'net.ipv6.conf.all.accept_dad=0',
    'net.ipv6.conf.default.accept_dad=0',
    'net.ipv6.conf.default.accept_ra=0',
    ...(name.startsWith('n') ? ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'] : []),
  ];
  await ip(name, ['link set lo up']);
  const write = settings
    .map((each) => each.replace(/^(.*)=(.*)$/, 'echo $2 > /proc/sys/$1'))
    .map(withSlashes);
  await run(['sh', '-ec', write.join('\n')], { netns: name });
}

function withSlashes(line: string): string {
  const [value = '', file = ''] = line.split(' > ');
  return `${value} > ${file.replaceAll('.', '/')}`;
}

async function plugIn(name: string, host: LanHost): Promise<void> {
  await ip(undefined, [
    `link add ${name} netns lan type veth peer name eth0 address ${host.mac} netns ${name}`,
  ]);
  await ip('lan', [
    `link set ${name} master br0`,
    `link set ${name} type bridge_slave mcast_flood off`,
    `link set ${name} up`,
  ]);
  await ip(name, [
    `link set eth0 up`,
    `address add ${host.ipv4}/24 dev eth0`,
    `address add ${host.ipv6}/64 dev eth0 nodad`,
  ]);
}

async function addPod(node: NodeAddresses, all: readonly NodeAddresses[]): Promise<void> {
  const pod = podOf(node);
  await ip(undefined, [`link add pod0 netns ${node.name} type veth peer name eth0 netns ${pod}`]);
  const others = all.filter((other) => other.name !== node.name);
  await ip(node.name, [
    'link set pod0 up',
    `address add ${node.gateway4}/24 dev pod0`,
    `address add ${node.gateway6}/64 dev pod0 nodad`,
    ...others.flatMap((other) => [
      `route add ${other.podCidr4} via ${other.ipv4}`,
      `route add ${other.podCidr6} via ${other.ipv6}`,
    ]),
  ]);
  await ip(pod, [
    'link set eth0 up',
    `address add ${node.pod4}/24 dev eth0`,
    `address add ${node.pod6}/64 dev eth0 nodad`,
    `route add default via ${node.gateway4}`,
    `route add ::/0 via ${node.gateway6}`,
  ]);
}

async function connectTest(): Promise<void> {
  const { test, controlPlane, prefix } = MANAGEMENT;
  await ip(undefined, [
    'link add lab-cp type veth peer name mgmt netns cp',
    'link set lab-cp up',
    `address add ${test}/${prefix} dev lab-cp`,
  ]);
  await ip('cp', ['link set mgmt up', `address add ${controlPlane}/${prefix} dev mgmt`]);
  await ip(undefined, [`route add ${CONTROL_PLANE.ipv4}/32 via ${controlPlane}`]);
}
