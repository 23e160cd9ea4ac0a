/** Flag of a complete entry in the kernel's ARP table (`ATF_COM`). */
const COMPLETE = 0x2;
/** Flags of a route that is up and goes through a gateway (`RTF_UP`, `RTF_GATEWAY`). */
const THROUGH_GATEWAY = 0x3;

/** The gateways that routes through an interface name, from the text of `/proc/net/route`. */
export function gatewaysOf(routes: string, interfaceName: string): string[] {
  const found = rowsOf(routes)
    .filter(([name, , , flags]) => {
      const bits = Number.parseInt(flags ?? '0', 16);
      return name === interfaceName && (bits & THROUGH_GATEWAY) === THROUGH_GATEWAY;
    })
    .map(([, , gateway = '']) => addressOfWord(gateway))
    .filter((address) => address !== undefined);
  return [...new Set(found)];
}

/** The IPv4 addresses whose hardware address the kernel knows on an interface, from the text of `/proc/net/arp`. */
export function knownNeighbours(arpTable: string, interfaceName: string): string[] {
  return rowsOf(arpTable)
    .filter(([, , flags, , , name]) => name === interfaceName && (Number(flags) & COMPLETE) !== 0)
    .map(([address = '']) => address);
}

/** The rows of one of the kernel's tables, without its head. */
function rowsOf(table: string): string[][] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 1);
}

/** The kernel prints an address as one number in the byte order of the machine, little-endian wherever we run. */
function addressOfWord(word: string): string | undefined {
  if (!/^[0-9A-F]{8}$/i.test(word)) return undefined;
  return (word.match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
