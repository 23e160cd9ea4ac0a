/**
 * The interface of the network that the nodes share: it has one of the node's own addresses. Where this machine has none of them (an address of a
 * cloud, or none known yet) it is the first of the candidates; where another interface than a candidate has it, none.
 *
 * The API keeps one owner for each address, and cannot tell segments apart. So it is a witness on this one only; on further segments the wire
 * alone decides.
 */
export function primaryInterface(
  candidates: readonly string[],
  nodeAddresses: readonly string[],
  addressesOf: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const holders = [...addressesOf]
    .filter(([, addresses]) => addresses.some((address) => nodeAddresses.includes(address)))
    .map(([name]) => name);
  if (holders.length === 0) return candidates.toSorted()[0];
  return candidates.find((name) => holders.includes(name));
}
