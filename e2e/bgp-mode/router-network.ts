import { run } from '../lab/run.ts';

/** Where a router is on the LAN, and what it is there. */
export interface RouterPlace {
  /** `ip netns` name. */
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly asn: number;
}

/** The router on the LAN, and beyond it a network that only the router reaches. */
export const ROUTER: RouterPlace = {
  namespace: 'router',
  ipv4: '192.168.77.1',
  ipv6: 'fd77::ff',
  asn: 64_512,
};
const OUTSIDE = {
  network4: '198.18.0.0/24',
  network6: 'fd18::/64',
  router4: '198.18.0.1',
  router6: 'fd18::1',
  host4: '198.18.0.2',
  host6: 'fd18::2',
} as const;
/** `ip netns` name of the machine behind the router. */
export const BEYOND = 'beyond';

/** Another one, in the AS of the nodes: it is told preferences. */
export const SECOND_ROUTER: RouterPlace = {
  namespace: 'second',
  ipv4: '192.168.77.2',
  ipv6: 'fd77::fe',
  asn: 64_500,
};

/** Makes the namespace of a router and its cable to the LAN. */
export async function plugInRouter({ namespace, ipv4, ipv6 }: RouterPlace): Promise<void> {
  await ip(undefined, [
    `netns add ${namespace}`,
    `link add ${namespace} netns lan type veth peer name lan netns ${namespace}`,
  ]);
  await ip('lan', [`link set ${namespace} master br0`, `link set ${namespace} up`]);
  await ip(namespace, [
    'link set lo up',
    'link set lan up',
    `address add ${ipv4}/24 dev lan`,
    `address add ${ipv6}/64 dev lan nodad`,
  ]);
  // Connections are spread by their ports as well.
  const settings = [
    'net/ipv4/ip_forward=1',
    'net/ipv6/conf/all/forwarding=1',
    'net/ipv4/fib_multipath_hash_policy=1',
    'net/ipv6/fib_multipath_hash_policy=1',
  ];
  const write = settings.map((each) => each.replace(/(.*)=(.*)/, 'echo $2 > /proc/sys/$1'));
  await run(['sh', '-ec', write.join('\n')], { netns: namespace });
}

/** Makes the machine behind {@link ROUTER}, and the routes of the nodes to it. */
export async function plugInBeyond(nodes: readonly string[]): Promise<void> {
  await ip(undefined, [
    `netns add ${BEYOND}`,
    `link add beyond netns router type veth peer name eth0 netns ${BEYOND}`,
  ]);
  await ip('router', [
    'link set beyond up',
    `address add ${OUTSIDE.router4}/24 dev beyond`,
    `address add ${OUTSIDE.router6}/64 dev beyond nodad`,
  ]);
  await ip(BEYOND, [
    'link set lo up',
    'link set eth0 up',
    `address add ${OUTSIDE.host4}/24 dev eth0`,
    `address add ${OUTSIDE.host6}/64 dev eth0 nodad`,
    `route add default via ${OUTSIDE.router4}`,
    `route add ::/0 via ${OUTSIDE.router6}`,
  ]);
  for (const node of nodes) {
    await ip(node, [
      `route add ${OUTSIDE.network4} via ${ROUTER.ipv4}`,
      `route add ${OUTSIDE.network6} via ${ROUTER.ipv6}`,
    ]);
  }
}

async function ip(netns: string | undefined, lines: readonly string[]): Promise<void> {
  const command: [string, ...string[]] =
    netns === undefined ? ['ip', '-batch', '-'] : ['ip', '-n', netns, '-batch', '-'];
  await run(command, { input: `${lines.join('\n')}\n` });
}
