import { createHash } from 'node:crypto';

/**
 * The order in which nodes try for an address: the highest score first, and among equals the ascending SHA-256 of
 * `<node>#<address>`, as MetalLB orders them. Every speaker computes the same order from the same nodes.
 */
export function rankNodes(
  nodes: readonly string[],
  address: string,
  scores: ReadonlyMap<string, number> = new Map(),
): string[] {
  if (nodes.length < 2) return [...nodes];
  const ranked = nodes.map((node) => ({
    node,
    score: scores.get(node) ?? 0,
    hash: createHash('sha256').update(`${node}#${address}`).digest(),
  }));
  ranked.sort((one, other) => other.score - one.score || Buffer.compare(one.hash, other.hash));
  return ranked.map(({ node }) => node);
}
