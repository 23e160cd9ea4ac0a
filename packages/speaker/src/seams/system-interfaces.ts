import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import type { InterfaceFacts, InterfaceReader } from '../interfaces.ts';

/** `net/if.h`. */
const IFF = { BROADCAST: 0x2, NOARP: 0x80 } as const;

/** What is asked of the kernel through a socket, and so is true in this network namespace. */
export type ReadInterface = (
  name: string,
) => { readonly index: number; readonly up: boolean; readonly ethernet: boolean } | undefined;

/**
 * The interfaces of this network namespace: names from `/proc`, link and kind from `readInterface`, the rest from sysfs. A
 * sysfs that was mounted in another network namespace shows other interfaces; where the index betrays that, what only
 * sysfs knows counts as the usual: an interface of its own, that speaks ARP.
 */
export function systemInterfaces(
  readInterface: ReadInterface,
  folder: string = '/sys/class/net',
): InterfaceReader {
  // The system gives the addresses of all interfaces at once: they are asked for once for each look, not for each interface.
  let networks: ReadonlyMap<string, readonly string[]> = new Map();
  return {
    names: () => {
      networks = readNetworks();
      return readFileSync('/proc/self/net/dev', 'utf8')
        .split('\n')
        .map((line) => /^\s*([^\s:]+):/.exec(line)?.[1])
        .filter((name) => name !== undefined);
    },
    read: (name): InterfaceFacts | undefined => {
      const state = readInterface(name);
      if (state === undefined) return undefined;
      const { ethernet, up } = state;
      const sysfs = readSysfs(path.join(folder, name), state.index);
      return { name, ethernet, up, ...sysfs, networks: networks.get(name) ?? [] };
    },
  };
}

/** All interfaces of this network namespace that have addresses, as of now. */
export function systemNetworks(): {
  readonly name: string;
  readonly networks: readonly string[];
}[] {
  return [...readNetworks()].map(([name, networks]) => ({ name, networks }));
}

/** By the name of the interface. */
function readNetworks(): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [label, addresses = []] of Object.entries(networkInterfaces())) {
    // An IPv4 address may bear a label such as `eth0:1` instead of the interface's name.
    const name = label.replace(/:.*/, '');
    const cidrs = addresses.map(({ cidr }) => cidr).filter((cidr) => cidr !== null);
    found.set(name, [...(found.get(name) ?? []), ...cidrs]);
  }
  return found;
}

function readSysfs(
  folder: string,
  index: number,
): Pick<InterfaceFacts, 'arp' | 'broadcast' | 'enslaved'> {
  try {
    if (Number(readFileSync(path.join(folder, 'ifindex'), 'utf8')) === index) {
      const flags = Number(readFileSync(path.join(folder, 'flags'), 'utf8'));
      return {
        arp: (flags & IFF.NOARP) === 0,
        broadcast: (flags & IFF.BROADCAST) !== 0,
        enslaved: existsSync(path.join(folder, 'master')),
      };
    }
  } catch {
    // Deleted meanwhile, or no sysfs at all.
  }
  return { arp: true, broadcast: true, enslaved: false };
}
