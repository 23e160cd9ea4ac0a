import { formatAddress, parseAddress } from '@picluster/arp-responder';
import { EXCLUDED_INTERFACES } from './excluded-interfaces.ts';
import { KeptFew } from './kept-few.ts';
import { inRanges, parsePoolRange, type PoolRange } from './pool-ranges.ts';

/** What the system says of one network interface. */
export interface InterfaceFacts {
  readonly name: string;
  /** It carries Ethernet frames. */
  readonly ethernet: boolean;
  /** Up, and with a carrier. */
  readonly up: boolean;
  /** Its flags allow ARP (no IFF_NOARP). */
  readonly arp: boolean;
  /** Its flags allow broadcasts (IFF_BROADCAST). */
  readonly broadcast: boolean;
  /** A port of a bridge, a bond or a VRF: its master carries the traffic. */
  readonly enslaved: boolean;
  /** Its addresses, each with the length of its network: `192.168.1.5/24`. The system names none of an interface that is down. */
  readonly networks: readonly string[];
}

/** Reads the facts of interfaces; `systemInterfaces` is the real one. */
export interface InterfaceReader {
  /** The names of all that are there now. Reading after it gives the present facts. */
  names(): readonly string[];
  /** `undefined`: it vanished meanwhile. */
  read(name: string): InterfaceFacts | undefined;
}

/** Whether an interface can carry answers, or why not. */
export type InterfaceFitness =
  | 'usable'
  | 'down'
  | 'enslaved'
  | 'no-arp'
  | 'no-broadcast'
  | 'not-ethernet';

/** An interface that is not excluded by its name. */
export interface LocalInterface {
  readonly name: string;
  readonly fitness: InterfaceFitness;
  /** The networks that its addresses lie in, such as `192.168.1.0/24`, each once and sorted; of one that is down, those it had before. Absent: none. */
  readonly networks?: readonly string[];
}

/** Whether ARP and NDP can be answered on an interface. One that is down may come back; the others are of the wrong kind. */
export function fitnessOf(facts: InterfaceFacts): InterfaceFitness {
  if (!facts.ethernet) return 'not-ethernet';
  if (facts.enslaved) return 'enslaved';
  if (!facts.arp) return 'no-arp';
  if (!facts.broadcast) return 'no-broadcast';
  return facts.up ? 'usable' : 'down';
}

/** All interfaces of this machine but the excluded ones, by name. The excluded ones are not even read: a node has many. */
export function scanInterfaces(
  reader: InterfaceReader,
  excluded: readonly RegExp[] = EXCLUDED_INTERFACES,
): LocalInterface[] {
  const found: LocalInterface[] = [];
  for (const name of [...reader.names()].sort()) {
    if (excluded.some((pattern) => pattern.test(name))) continue;
    const facts = reader.read(name);
    if (facts === undefined) continue;
    const networks = networksOf(facts.networks);
    found.push({ name, fitness: fitnessOf(facts), ...(networks.length > 0 && { networks }) });
  }
  return found;
}

/** The names of those interfaces that a Service's advertisements select and that exist here. */
export function selectInterfaces(
  local: readonly LocalInterface[],
  selected: 'all' | readonly string[],
): LocalInterface[] {
  return local.filter(({ name }) => selected === 'all' || selected.includes(name));
}

/**
 * On which of a node's interfaces it answers for an address (text): usable ones. Those that advertisements name are obeyed: all of them. Where
 * none is named, it is the one whose network the address lies in: the smallest network, then the first name, so that two interfaces on one
 * segment never both answer. Where the address lies in no network of this node (a routed pool), it is all. One whose only network has its cable out is not
 * routed for that: it is answered for nowhere here.
 */
export function interfacesFor(
  address: string,
  selected: 'all' | readonly string[],
  local: readonly LocalInterface[],
): string[] {
  const isUsable = ({ fitness }: LocalInterface): boolean => fitness === 'usable';
  const names = local.filter(isUsable).map(({ name }) => name);
  if (selected !== 'all') return names.filter((name) => selected.includes(name));
  // Wherever the address lies, it is this one.
  if (local.length === 1) return names;
  const near = local
    .map((one) => ({ one, bits: longestMatch(address, one.networks ?? []) }))
    .filter(({ bits }) => bits >= 0)
    .sort((a, b) => b.bits - a.bits || (a.one.name < b.one.name ? -1 : 1))
    .map(({ one }) => one);
  if (near.length === 0) return names;
  return near
    .filter(isUsable)
    .slice(0, 1)
    .map(({ name }) => name);
}

/** A host's addresses come and go, most of all IPv6's temporary ones; the networks that they lie in stay. */
function networksOf(addresses: readonly string[]): string[] {
  const networks = addresses.map((cidr) => {
    const first = parsePoolRange(cidr)?.first;
    return first && `${formatAddress(first)}${cidr.slice(cidr.indexOf('/'))}`;
  });
  return [...new Set(networks.filter((network) => network !== undefined))].sort();
}

/** The length of the smallest of these networks that an address lies in; -1: in none. */
function longestMatch(address: string, networks: readonly string[]): number {
  const bytes = parseAddress(address);
  if (bytes === undefined) return -1;
  let longest = -1;
  for (const network of networks) {
    const { range, bits } = readNetwork(network);
    if (bits > longest && range !== undefined && inRanges(bytes, [range])) longest = bits;
  }
  return longest;
}

interface Network {
  readonly range: PoolRange | undefined;
  readonly bits: number;
}

const read = new KeptFew<Network>();

/** A node has few networks, and thousands of addresses are looked for in each: it is read once. */
function readNetwork(cidr: string): Network {
  return read.get(cidr, () => ({
    range: parsePoolRange(cidr),
    bits: Number(cidr.slice(cidr.indexOf('/') + 1)),
  }));
}
