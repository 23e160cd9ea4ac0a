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
}

/** Reads the facts of interfaces; `systemInterfaces` is the real one. */
export interface InterfaceReader {
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
}

/**
 * Interfaces that belong to containers, tunnels and virtual machines, not to the LAN. The list that MetalLB ships, so that
 * the same interfaces answer.
 */
const EXCLUDED_INTERFACES: readonly RegExp[] = [
  /^docker.*/,
  /^cbr.*/,
  /^dummy.*/,
  /^virbr.*/,
  /^lxcbr.*/,
  /^veth.*/,
  /^lo$/,
  /^cali.*/,
  /^tunl.*/,
  /^flannel.*/,
  /^kube-ipvs.*/,
  /^cni.*/,
  /^nodelocaldns.*/,
  /^lxc.*/,
];

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
    if (facts !== undefined) found.push({ name, fitness: fitnessOf(facts) });
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
