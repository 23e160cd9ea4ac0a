import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster } from './bgp-cluster.ts';

interface State {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly managedFields: readonly { readonly manager: string }[];
  };
  readonly status?: { readonly result: string; readonly errorSummary: string };
}

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const VALID = ['controller', 'speaker-n1', 'speaker-n2', 'speaker-n3'];
let cluster: BgpCluster;

const path = (): string =>
  `/apis/metallb.io/v1beta1/namespaces/${cluster.lab.namespace}/configurationstates`;

async function states(): Promise<readonly State[]> {
  const { items } = await cluster.lab.api.get<{ items: readonly State[] }>(path());
  return items.toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}

/** Waits until just these are invalid, with this summary each. */
async function expectInvalid(summary: string, ...names: readonly string[]): Promise<void> {
  const expected = VALID.map((name) => (names.includes(name) ? `${name}: ${summary}` : name));
  await cluster.until(`the states to be ${JSON.stringify(expected)}`, async () => {
    const shown = (await states()).map(({ metadata: { name }, status }) =>
      status?.result === 'Valid' ? name : `${name}: ${status?.errorSummary}`,
    );
    return JSON.stringify(shown) === JSON.stringify(expected);
  });
}

const onNode1 = {
  nodeSelectors: [{ matchLabels: { 'kubernetes.io/hostname': 'n1' } }],
};

async function secret(name: string, type: string): Promise<void> {
  const metadata = { name, namespace: cluster.lab.namespace };
  const stringData = { password: 'hush' };
  await cluster.lab.apply({ apiVersion: 'v1', kind: 'Secret', metadata, type, stringData });
}

describe.skipIf(!hasFrr)('the ConfigurationStates', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  keepLogsOfFailures(() => cluster?.lab);

  test('are there for the controller and each speaker, without BGP too, as MetalLB labels them', async () => {
    await expectInvalid('');
    const all = await states();
    expect(all.map(({ metadata }) => metadata.labels)).toEqual([
      { 'metallb.io/component-type': 'controller' },
      ...['n1', 'n2', 'n3'].map((name) => ({
        'metallb.io/component-type': 'speaker',
        'metallb.io/node-name': name,
      })),
    ]);
    const managers = all.map(({ metadata }) =>
      metadata.managedFields.map(({ manager }) => manager),
    );
    expect(managers[0]).toContain('poolReconciler');
    expect(managers[1]).toContain('configReconciler');
  });

  test('of a node say that the Secret of its peer has another type, until it has the right one', async () => {
    await secret('bgp-password', 'Opaque');
    await cluster.peer({ ...onNode1, passwordSecret: { name: 'bgp-password' } }, 'peer1');
    await expectInvalid(
      'configuration error: parsing peer peer1 secret type mismatch on "metallb-system"/"bgp-password", type "kubernetes.io/basic-auth" is expected \nfailed to parse peer peer1 password secret: its type is "Opaque"',
      'speaker-n1',
    );
    const { api, namespace } = cluster.lab;
    await api.delete(`/api/v1/namespaces/${namespace}/secrets/bgp-password`);
    await expectInvalid(
      'configuration error: parsing peer peer1 secret ref not found for peer config "metallb-system"/"peer1"\nfailed to parse peer peer1 password secret: there is no Secret "metallb-system"/"bgp-password"',
      'speaker-n1',
    );
    await secret('bgp-password', 'kubernetes.io/basic-auth');
    await expectInvalid('');
    await cluster.remove('BGPPeer', 'peer1');
  });

  test('of all speakers say what is missing for all, and are made again with it', async () => {
    await cluster.peer({ bfdProfile: 'my-bfd-profile' }, 'peer1');
    const missing =
      'configuration error: peer peer1 referencing non existing bfd profile my-bfd-profile';
    await expectInvalid(missing, 'speaker-n1', 'speaker-n2', 'speaker-n3');
    await cluster.lab.api.delete(`${path()}/speaker-n2`);
    await expectInvalid(missing, 'speaker-n1', 'speaker-n2', 'speaker-n3');
    await cluster.apply('BFDProfile', 'my-bfd-profile');
    await expectInvalid('');
    await cluster.apply('BGPAdvertisement', 'named', { communities: ['my-valid-alias'] });
    await expectInvalid(
      'configuration error: invalid community format: my-valid-alias\ninvalid community "my-valid-alias" in BGP advertisement',
      'speaker-n1',
      'speaker-n2',
      'speaker-n3',
    );
    const communities = [{ name: 'my-valid-alias', value: '65000:1' }];
    await cluster.apply('Community', 'names', { communities });
    await expectInvalid('');
  });
});
