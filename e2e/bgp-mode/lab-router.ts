import { formatAddress, parseAddress } from '@picluster/arp-responder';
import type { Lab } from '../lab/lab.ts';
import { run } from '../lab/run.ts';
import { FrrProcess } from './frr-process.ts';
import { plugInBeyond, plugInRouter, ROUTER, type RouterPlace } from './router-network.ts';

/** What FRR is told beyond what every test needs. */
export interface FrrOptions {
  readonly asn?: number;
  /** The AS of the nodes. */
  readonly nodesAsn?: number;
  readonly bfd?: boolean;
  /** BFD that goes down with a speaker ends no session whose speaker may restart. */
  readonly checksControlPlane?: boolean;
  readonly gracefulRestart?: boolean;
  readonly password?: string;
  /** Further lines under `router bgp`. */
  readonly lines?: readonly string[];
  /** Sessions over IPv6 instead of IPv4. */
  readonly overIPv6?: boolean;
  /** One session instead, with whoever advertises itself as a router on the LAN. */
  readonly unnumbered?: boolean;
}

/** A path of a prefix, in FRR's words. */
export interface RouterPath {
  readonly nextHop: string;
  readonly stale: boolean;
  readonly localPref: number | undefined;
  /** AS numbers, the nearest first. */
  readonly asPath: string;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
}

/** FRR in a namespace of its own on the LAN, with a session to each node and all their routes in use at once (ECMP). */
export class LabRouter implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #place: RouterPlace;
  #frr: FrrProcess | undefined;

  private constructor(lab: Lab, place: RouterPlace) {
    this.#lab = lab;
    this.#place = place;
  }

  /** Plugs a router in, and behind the usual one the machine beyond; FRR does not run yet. */
  static async plugIn(lab: Lab, place: RouterPlace = ROUTER): Promise<LabRouter> {
    await plugInRouter(place);
    if (place === ROUTER) await plugInBeyond(lab.nodes.map(({ name }) => name));
    return new LabRouter(lab, place);
  }

  /** Starts FRR with a session for each node. */
  async start(options: FrrOptions = {}): Promise<void> {
    const text = configuration(this.#nodes(options), { ...this.#place, ...options });
    const { namespace } = this.#place;
    this.#frr = await FrrProcess.start(namespace, text, { bfd: options.bfd === true });
  }

  /** Ends FRR; the machine forwards on what it has. */
  async stop(): Promise<void> {
    await this.#frr?.end();
    this.#frr = undefined;
  }

  /** FRR does nothing any more, while its machine forwards, and takes connections. */
  freeze(): void {
    this.#frr?.freeze();
  }

  /** It goes on. */
  thaw(): void {
    this.#frr?.thaw();
  }

  /** What a daemon of FRR says to a command. */
  async show(daemon: string, command: string): Promise<string> {
    if (this.#frr === undefined) throw new Error('FRR does not run');
    return await this.#frr.show(daemon, command);
  }

  /** Changes the configuration of BGP while it runs. */
  async configure(...lines: readonly string[]): Promise<void> {
    if (this.#frr === undefined) throw new Error('FRR does not run');
    await this.#frr.show('bgpd', 'configure terminal', ...lines);
  }

  /** The nodes, by name, that the router has an established session with; `lan`: it was told the interface alone. */
  async sessions(): Promise<readonly string[]> {
    const shown = JSON.parse(await this.show('bgpd', 'show bgp summary json')) as Readonly<
      Record<string, { readonly peers?: Readonly<Record<string, { readonly state: string }>> }>
    >;
    const up = Object.values(shown)
      .flatMap(({ peers }) => Object.entries(peers ?? {}))
      .filter(([, { state }]) => state === 'Established')
      .map(([address]) => this.#nameOf(address));
    return [...new Set(up)].toSorted();
  }

  /** How often a session with a node has come about. */
  async established(name: string): Promise<number> {
    const { ipv4 } = this.#lab.node(name).addresses;
    const shown = await this.show('bgpd', `show bgp neighbors ${ipv4} json`);
    const [neighbor] = Object.values(
      JSON.parse(shown) as Readonly<Record<string, { readonly connectionsEstablished: number }>>,
    );
    return neighbor?.connectionsEstablished ?? 0;
  }

  /** All paths of a prefix that BGP knows, by the node that told it. */
  async paths(prefix: string): Promise<ReadonlyMap<string, RouterPath>> {
    const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
    const shown = JSON.parse(
      await this.show('bgpd', `show bgp ${family} unicast ${prefix} json`),
    ) as { readonly paths?: readonly JsonPath[] };
    return new Map(
      (shown.paths ?? []).map((each) => [this.#nameOf(each.peer.peerId), pathOf(each)]),
    );
  }

  /** The nodes that the kernel of the router sends packets for a prefix to. */
  async nextHops(prefix: string): Promise<readonly string[]> {
    const family = prefix.includes(':') ? '-6' : '-4';
    const shown = await run(['ip', family, '-json', 'route', 'show', prefix], {
      netns: this.#place.namespace,
    });
    const [route] = JSON.parse(shown || '[]') as readonly {
      readonly gateway?: string;
      /** Of an IPv4 route with an IPv6 next hop. */
      readonly via?: { readonly host: string };
      readonly nexthops?: readonly { readonly gateway: string }[];
    }[];
    const gateways = route?.nexthops?.map(({ gateway }) => gateway) ?? [
      route?.via?.host ?? route?.gateway ?? '',
    ];
    return gateways
      .filter((gateway) => gateway !== '')
      .map((gateway) => this.#nameOf(gateway))
      .toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #nodes({ overIPv6 = false, unnumbered = false }: FrrOptions): readonly string[] {
    if (unnumbered) return ['lan'];
    return this.#lab.nodes.map(({ addresses }) => (overIPv6 ? addresses.ipv6 : addresses.ipv4));
  }

  #nameOf(address: string): string {
    const found = this.#lab.nodes.find(({ addresses }) =>
      [addresses.ipv4, addresses.ipv6, linkLocalOf(addresses.mac)].map(canonical).includes(address),
    );
    return found?.name ?? address;
  }
}

/** The address that the kernel makes of a hardware address (RFC 4291, appendix A). */
function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map((each) => Number.parseInt(each, 16));
  const words = [
    [(bytes[0] ?? 0) ^ 2, bytes[1]],
    [bytes[2], 0xff],
    [0xfe, bytes[3]],
    [bytes[4], bytes[5]],
  ].map(([high = 0, low = 0]) => ((high << 8) | low).toString(16));
  return `fe80::${words.join(':')}`;
}

/** As FRR and the kernel print it. */
function canonical(address: string): string {
  const bytes = parseAddress(address);
  return bytes === undefined ? address : formatAddress(bytes);
}

interface JsonPath {
  readonly peer: { readonly peerId: string };
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
  readonly stale?: boolean;
  readonly locPrf?: number;
  readonly aspath?: { readonly string: string };
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
}

function pathOf(shown: JsonPath): RouterPath {
  const hop = shown.nexthops.find(({ scope }) => scope !== 'link-local');
  return {
    nextHop: hop?.ip ?? '',
    stale: shown.stale === true,
    localPref: shown.locPrf,
    asPath: shown.aspath?.string ?? '',
    communities: shown.community?.list ?? [],
    largeCommunities: shown.largeCommunity?.list ?? [],
  };
}

function configuration(
  nodes: readonly string[],
  options: FrrOptions & Pick<RouterPlace, 'ipv4' | 'asn'>,
): string {
  const { asn, ipv4, nodesAsn = 64_500, password, lines = [] } = options;
  const of = (line: string): string[] => nodes.map((node) => ` neighbor ${node} ${line}`);
  const families = ['ipv4', 'ipv6'].map((family) =>
    [
      ` address-family ${family} unicast`,
      ...nodes.map((node) => `  neighbor ${node} activate`),
      '  maximum-paths 8',
      '  maximum-paths ibgp 8',
      ' exit-address-family',
    ].join('\n'),
  );
  return [
    `router bgp ${asn}`,
    ` bgp router-id ${ipv4}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' no bgp network import-check',
    ' bgp bestpath as-path multipath-relax',
    ...(options.gracefulRestart === true ? [' bgp graceful-restart'] : []),
    ...of(options.unnumbered === true ? 'interface remote-as external' : `remote-as ${nodesAsn}`),
    ...of('passive'),
    ...of('advertisement-interval 0'),
    ...(password === undefined ? [] : of(`password ${password}`)),
    ...(options.bfd === true ? of('bfd') : []),
    ...(options.checksControlPlane === true ? of('bfd check-control-plane-failure') : []),
    ...lines.map((line) => ` ${line}`),
    ...families,
    '',
  ].join('\n');
}
