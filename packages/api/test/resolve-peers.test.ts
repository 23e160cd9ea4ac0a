import { describe, expect, test } from 'vitest';
import {
  resolvePeers,
  type PeerFacts,
  type PeerSurroundings,
  type SecretFacts,
} from '../src/index.ts';

const peer = (name: string, more: Partial<PeerFacts> = {}): PeerFacts => ({
  name,
  address: `192.0.2.${name.length}`,
  interface: undefined,
  port: 179,
  vrf: undefined,
  nodeSelectors: [],
  password: undefined,
  passwordSecret: undefined,
  bfdProfile: undefined,
  ...more,
});
const secrets: Readonly<Record<string, SecretFacts>> = {
  good: { type: 'kubernetes.io/basic-auth', password: 'hush' },
  opaque: { type: 'Opaque', password: 'hush' },
  empty: { type: 'kubernetes.io/basic-auth', password: undefined },
};
const surroundings: PeerSurroundings<string> = {
  labels: { rack: '1' },
  namespace: 'metallb-system',
  profile: (name) => (name === 'fast' ? 'the fast one' : undefined),
  secret: (name) => secrets[name],
};
const messages = (...peers: readonly PeerFacts[]): readonly string[] =>
  resolvePeers(peers, surroundings).problems.map(({ name, message }) => `${name}: ${message}`);
const names = (...peers: readonly PeerFacts[]): readonly string[] =>
  resolvePeers(peers, surroundings).peers.map(({ peer: { name } }) => name);

describe('the peers of a node', () => {
  test('are those whose selectors match it, or that have none, by name', () => {
    const selecting = (rack: string): Partial<PeerFacts> => ({
      nodeSelectors: [{ matchLabels: { rack } }],
    });
    const all = [peer('ccc', selecting('1')), peer('bb', selecting('2')), peer('a')];
    expect(names(...all)).toEqual(['a', 'ccc']);
  });

  test('come with their profile and their password, from wherever that is', () => {
    const { peers, problems } = resolvePeers(
      [
        peer('a', { password: 'plain', bfdProfile: 'fast' }),
        peer('bb', { passwordSecret: 'good' }),
        peer('ccc'),
      ],
      surroundings,
    );
    expect(problems).toEqual([]);
    expect(peers.map(({ profile, password }) => [profile, password])).toEqual([
      ['the fast one', 'plain'],
      [undefined, 'hush'],
      [undefined, undefined],
    ]);
  });
});

describe('a peer has no session, in MetalLB’s words,', () => {
  test.each([
    [
      { passwordSecret: 'none' },
      'peer1: parsing peer peer1 secret ref not found for peer config "metallb-system"/"peer1"\nfailed to parse peer peer1 password secret: there is no Secret "metallb-system"/"none"',
    ],
    [
      { passwordSecret: 'opaque' },
      'peer1: parsing peer peer1 secret type mismatch on "metallb-system"/"opaque", type "kubernetes.io/basic-auth" is expected \nfailed to parse peer peer1 password secret: its type is "Opaque"',
    ],
    [
      { passwordSecret: 'empty' },
      'peer1: parsing peer peer1 password not specified in the secret "metallb-system"/"empty"\nfailed to parse peer peer1 password secret',
    ],
    [
      { bfdProfile: 'my-bfd-profile' },
      'peer1: peer peer1 referencing non existing bfd profile my-bfd-profile',
    ],
  ])('with %j', (more, message) => {
    expect(messages(peer('peer1', more))).toEqual([message]);
    expect(names(peer('peer1', more))).toEqual([]);
  });

  test('and the others go on', () => {
    expect(names(peer('a', { bfdProfile: 'none' }), peer('bb'))).toEqual(['bb']);
  });

  test('unless it is for another node: what is wrong with it there is not told here', () => {
    const elsewhere = { nodeSelectors: [{ matchLabels: { rack: '9' } }], passwordSecret: 'none' };
    expect(messages(peer('a', elsewhere))).toEqual([]);
  });
});

describe('of two peers for one router', () => {
  const address = '10.200.200.2';
  test('the older one stays, whatever their names; without times the first by name', () => {
    const older = peer('z', { address, createdAt: '2026-01-01T00:00:00Z' });
    const newer = peer('a', { address, createdAt: '2026-01-02T00:00:00Z' });
    expect(names(newer, older)).toEqual(['z']);
    expect(messages(newer, older)).toEqual([
      'a: peer 10.200.200.2 already exists, duplicate BGPPeers selecting the same node are not supported',
    ]);
    expect(names(peer('b', { address }), peer('a', { address }))).toEqual(['a']);
  });

  test('the other one has the session where the older one cannot', () => {
    expect(names(peer('a', { address, bfdProfile: 'none' }), peer('b', { address }))).toEqual([
      'b',
    ]);
  });

  test.each([
    [{ port: 1179 }],
    [{ vrf: 'red' }],
    [{ nodeSelectors: [{ matchLabels: { rack: '2' } }] }],
    [{ address: undefined, interface: 'eth0' }],
  ])('both are good if they are not for one router on one node: %j', (more) => {
    expect(messages(peer('a', { address }), peer('b', { address, ...more }))).toEqual([]);
  });
});
