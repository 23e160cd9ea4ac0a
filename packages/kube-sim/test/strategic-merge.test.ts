import { describe, expect, test } from 'vitest';
import { strategicMerge } from '../src/strategic-merge.ts';

describe('a strategic merge patch', () => {
  test.each([
    [
      'merges ports by port',
      { spec: { ports: [{ port: 80, name: 'a' }] } },
      { spec: { ports: [{ port: 80, nodePort: 1 }, { port: 81 }] } },
      { spec: { ports: [{ port: 80, name: 'a', nodePort: 1 }, { port: 81 }] } },
    ],
    [
      'merges conditions by type',
      { status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Other' }] } },
      { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
      { status: { conditions: [{ type: 'Ready', status: 'False' }, { type: 'Other' }] } },
    ],
    [
      'deletes the item that $patch names',
      { spec: { ports: [{ port: 80 }, { port: 81 }] } },
      { spec: { ports: [{ port: 80, $patch: 'delete' }] } },
      { spec: { ports: [{ port: 81 }] } },
    ],
    [
      'replaces a list on $patch: replace',
      { spec: { ports: [{ port: 80 }] } },
      { spec: { ports: [{ port: 81 }, { $patch: 'replace' }] } },
      { spec: { ports: [{ port: 81 }] } },
    ],
    [
      'puts items in the order that is asked for',
      { spec: { ports: [{ port: 80 }, { port: 81 }] } },
      { spec: { '$setElementOrder/ports': [{ port: 81 }, { port: 80 }], ports: [{ port: 80 }] } },
      { spec: { ports: [{ port: 81 }, { port: 80 }] } },
    ],
    [
      'replaces lists that have no merge key',
      { spec: { externalIPs: ['a', 'b'] } },
      { spec: { externalIPs: ['c'] } },
      { spec: { externalIPs: ['c'] } },
    ],
    [
      'joins finalizers as a set',
      { metadata: { finalizers: ['a'] } },
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['a', 'b'] } },
    ],
    [
      'takes finalizers away by name',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'removes by null',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { a: null } } },
      { metadata: { labels: { b: '2' } } },
    ],
    [
      'keeps only the named keys on $retainKeys',
      { spec: { strategy: { type: 'Rolling', rolling: 1 } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate' } } },
    ],
    [
      'replaces an object on $patch: replace',
      { spec: { selector: { a: '1' } } },
      { spec: { selector: { $patch: 'replace', b: '2' } } },
      { spec: { selector: { b: '2' } } },
    ],
  ])('%s', (_rule, target, patch, expected) => {
    expect(strategicMerge(target, patch)).toEqual(expected);
  });
});
