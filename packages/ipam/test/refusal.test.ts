import { expect, test } from 'vitest';
import { explainRefusal, type Refusal } from '../src/index.ts';

const cases: readonly (readonly [Refusal, string])[] = [
  [{ code: 'pool-unknown', pool: 'web' }, 'unknown pool "web"'],
  [
    { code: 'pool-full', pools: ['web'], families: 'ipv6' },
    'no available IPs: pool web has no free IPv6 address',
  ],
  [
    { code: 'pool-full', pools: ['a', 'b'], families: 'dual' },
    'no available IPs: each of the pools a, b has no free IPv4 and IPv6 address',
  ],
  [
    { code: 'not-in-any-pool', address: '9.9.9.9' },
    '["9.9.9.9"] is not allowed in config: no pool has it',
  ],
  [
    { code: 'address-in-use', address: '9.9.9.9', owners: ['default/web'] },
    '"9.9.9.9" is already in use by default/web',
  ],
  [
    { code: 'address-in-use', address: '9.9.9.9', owners: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
    '"9.9.9.9" is already in use by a,b,c,d,e and 2 more',
  ],
  [
    { code: 'port-in-use', address: '9.9.9.9', port: 'TCP/80', owner: 'default/web' },
    'port TCP/80 is already in use on "9.9.9.9" by default/web',
  ],
  [
    { code: 'same-family', addresses: ['1.1.1.1', '1.1.1.2'] },
    '["1.1.1.1" "1.1.1.2"] are of the same family: ask for one of each',
  ],
];

test.each(cases)('%j reads as a sentence', (reason, sentence) => {
  expect(explainRefusal(reason)).toBe(sentence);
});
