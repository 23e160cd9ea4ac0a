import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rankNodes } from '../src/ranking.ts';

describe('the order of nodes for an address', () => {
  // Computed by MetalLB's own code.
  test.each([
    ['10.0.0.1', ['node-a', 'node-b', 'node-c'], ['node-b', 'node-a', 'node-c']],
    ['10.0.0.2', ['node-a', 'node-b', 'node-c'], ['node-b', 'node-c', 'node-a']],
    ['10.20.30.1', ['iris1', 'iris2'], ['iris2', 'iris1']],
    ['10.20.30.1', ['node-a', 'node-b'], ['node-b', 'node-a']],
    ['10.20.30.1', ['edge-a', 'edge-b'], ['edge-b', 'edge-a']],
    ['10.20.30.1', ['worker-b', 'worker-a'], ['worker-a', 'worker-b']],
    ['10.20.30.2', ['iris2', 'iris1'], ['iris1', 'iris2']],
    ['10.20.30.2', ['node-b', 'node-a'], ['node-a', 'node-b']],
    ['10.20.30.2', ['edge-a', 'edge-b'], ['edge-b', 'edge-a']],
    ['10.20.30.2', ['worker-a', 'worker-b'], ['worker-b', 'worker-a']],
    ['1000::', ['iris2', 'iris1'], ['iris1', 'iris2']],
    ['1000::', ['node-a', 'node-b'], ['node-b', 'node-a']],
  ])('is MetalLB’s for %s among %j', (address, nodes, order) => {
    expect(rankNodes(nodes, address)).toEqual(order);
  });

  test('is that of SHA-256 over node, number sign and address', () => {
    const hash = createHash('sha256').update('node-a#10.0.0.1').digest('hex');
    expect(hash).toBe('dd41591fe8f31f9f38e297fe9892a8eff47892ea017c4167619a62f366fb8149');
  });

  test('begins with the highest score, and goes by the hash among equals', () => {
    const nodes = ['edge-a', 'edge-b', 'worker-a', 'worker-b'];
    const rank = (scores: Record<string, number>): string[] =>
      rankNodes(nodes, '10.20.30.1', new Map(Object.entries(scores)));
    expect(rank({ 'edge-a': 100 })).toEqual(['edge-a', 'edge-b', 'worker-a', 'worker-b']);
    expect(rank({ 'edge-a': 7, 'edge-b': 7 }).slice(0, 2)).toEqual(['edge-b', 'edge-a']);
  });

  test('is empty for no nodes', () => {
    expect(rankNodes([], '10.0.0.1')).toEqual([]);
  });
});
