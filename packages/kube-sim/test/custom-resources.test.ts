import { expect, test } from 'vitest';
import { jsonPathValues } from '../src/custom-resources.ts';

const object = {
  spec: { names: ['a', 'b'], peers: [{ ip: '1' }, { ip: '2' }], 'dotted.key': 'd' },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Old', status: 'False' },
    ],
  },
};

test.each([
  ['.spec.names', [['a', 'b']]],
  ['.spec.names[1]', ['b']],
  ['.spec.names[*]', ['a', 'b']],
  ['.spec.peers[*].ip', ['1', '2']],
  ["['spec'].peers[0].ip", ['1']],
  ['.spec.dotted\\.key', ['d']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  ['.status.conditions[?(@.type=="None")].status', []],
  ['.spec.none.deeper', []],
])('the path %s of a printer column finds %j', (path, expected) => {
  expect(jsonPathValues(object, path)).toEqual(expected);
});
