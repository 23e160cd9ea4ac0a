import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { gatewaysOf, knownNeighbours } from '../neighbours.ts';
import type { Neighbourhood } from '../solicitor.ts';

/** Who is on the segment of an interface of this network namespace. `nodes`: addresses of nodes, wherever those are. */
export function systemNeighbourhood(interfaceName: string, nodes: Iterable<string>): Neighbourhood {
  const all = networkInterfaces();
  const ours = new Set(Object.values(all).flatMap((list) => list?.map((one) => one.address) ?? []));
  const own = all[interfaceName]?.find(({ family }) => family === 'IPv4')?.address;
  const known = [...nodes, ...knownNeighbours(read('/proc/net/arp'), interfaceName)];
  return {
    own,
    gateways: gatewaysOf(read('/proc/net/route'), interfaceName),
    others: [...new Set(known)].filter((address) => !ours.has(address)),
  };
}

/** The addresses of each interface of this network namespace. */
export function systemAddresses(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(networkInterfaces()).map(([name, list]) => [
      name,
      list?.map(({ address }) => address) ?? [],
    ]),
  );
}

/** The hardware addresses of this network namespace, as text, of interfaces that have any address. */
export function systemHardwareAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list?.map(({ mac }) => mac) ?? []);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A kernel without IPv4 has neither table.
    return '';
  }
}
