import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, NODES_ASN, onNodes } from './bgp-cluster.ts';
import type { LabRouter } from './lab-router.ts';
import { ROUTER, SECOND_ROUTER } from './router-network.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const ALL = ['n1', 'n2', 'n3'] as const;
const OTHER_ASN = 64_501;

let cluster: BgpCluster;
/** One of another AS than the nodes', and one of theirs. */
let router: LabRouter;
let second: LabRouter;

/** A BGPPeer that expects a kind of router. */
async function expectKind(
  name: string,
  { ipv4: peerAddress }: { readonly ipv4: string },
  dynamicASN: 'internal' | 'external',
): Promise<void> {
  await cluster.apply('BGPPeer', name, { myASN: NODES_ASN, peerAddress, dynamicASN });
}

/** How often each node has come to a session with either router. */
async function established(): Promise<readonly number[]> {
  const each = [router, second].flatMap((one) =>
    ALL.map(async (node) => await one.established(node)),
  );
  return await Promise.all(each);
}

/** Waits until each node has said this of a BGPPeer, and gives all that was said of it. */
async function saidByAll(name: string, what: string): Promise<readonly string[]> {
  return await cluster.until(`${what} of each node`, async () => {
    const events = await cluster.lab.events(name, cluster.lab.namespace);
    return (
      ALL.every((node) =>
        events.some((event) => event.includes(`node "${node}"`) && event.includes(what)),
      ) && events
    );
  });
}

describe.skipIf(!hasFrr)('AS numbers', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    router = cluster.router;
    second = await cluster.addRouter(SECOND_ROUTER);
    await cluster.advertise('web');
    await cluster.service('web');
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => {
    await cluster.removeAll('BGPPeer');
    for (const each of [router, second]) await cluster.sessionsOf(each);
  });
  keepLogsOfFailures(() => cluster?.lab);

  async function prefix(): Promise<string> {
    const [address = ''] = await cluster.lab.addresses('web');
    return `${address}/32`;
  }

  test('by dynamicASN: a router of another AS is taken as external, one of ours as internal, each with what that means for routes', async () => {
    await expectKind('external', ROUTER, 'external');
    await expectKind('internal', SECOND_ROUTER, 'internal');
    await cluster.told(router, await prefix(), ALL, { localPref: undefined });
    await cluster.told(second, await prefix(), ALL, { localPref: 100 });
    await cluster.statusIs('web', ...ALL.map((node) => `${node} external+internal`));
  });

  test('by dynamicASN: the wrong kind of router is refused, which an event says with what to set, until it is the right one', async () => {
    const before = await established();
    await expectKind('outside', ROUTER, 'internal');
    await expectKind('inside', SECOND_ROUTER, 'external');
    const outside = `the router is in AS ${ROUTER.asn}, the BGPPeer expects our own (${NODES_ASN}). Set dynamicASN to external`;
    const inside = `the router is in AS ${NODES_ASN}, the BGPPeer expects any but our own (${NODES_ASN}). Set dynamicASN to internal`;
    await saidByAll('outside', outside);
    await saidByAll('inside', inside);
    expect(await established()).toEqual(before);
    await expectKind('outside', ROUTER, 'external');
    await expectKind('inside', SECOND_ROUTER, 'internal');
    for (const each of [router, second]) await cluster.told(each, await prefix(), ALL);
  });

  test('of our own may differ from node to node for one router, by a BGPPeer each, and one that changes ends no session of the others', async () => {
    const { ipv4 } = cluster.lab.node('n3').addresses;
    const expectOfN3 = async (asn: number): Promise<void> =>
      await router.configure(`router bgp ${ROUTER.asn}`, `neighbor ${ipv4} remote-as ${asn}`);
    await expectOfN3(OTHER_ASN);
    await cluster.peer(onNodes('n1', 'n2'), 'most');
    await cluster.peer({ myASN: OTHER_ASN, ...onNodes('n3') }, 'one');
    await cluster.sessionsWith(...ALL);
    await cluster.told(router, await prefix(), ALL);
    await cluster.routed(await prefix(), ...ALL);
    await cluster.statusIs('web', 'n1 most', 'n2 most', 'n3 one');
    const [one, two] = await established();
    await cluster.peer({ myASN: OTHER_ASN + 1, ...onNodes('n3') }, 'one');
    await cluster.sessionsWith('n1', 'n2');
    await cluster.routed(await prefix(), 'n1', 'n2');
    await expectOfN3(OTHER_ASN + 1);
    await cluster.sessionsWith(...ALL);
    await cluster.routed(await prefix(), ...ALL);
    // The node goes from one BGPPeer to the other.
    await cluster.remove('BGPPeer', 'one');
    await cluster.sessionsWith('n1', 'n2');
    await expectOfN3(NODES_ASN);
    await cluster.peer(onNodes(...ALL), 'most');
    await cluster.sessionsWith(...ALL);
    await cluster.statusIs('web', ...ALL.map((node) => `${node} most`));
    expect((await established()).slice(0, 2)).toEqual([one, two]);
  });

  test('of our own are to a router what localASN says, not myASN', async () => {
    const { ipv4 } = cluster.lab.node('n1').addresses;
    const expectOfN1 = async (asn: number): Promise<void> =>
      await router.configure(`router bgp ${ROUTER.asn}`, `neighbor ${ipv4} remote-as ${asn}`);
    await expectOfN1(OTHER_ASN);
    await cluster.peer({ localASN: OTHER_ASN, ...onNodes('n1') }, 'local');
    await cluster.sessionsWith('n1');
    await cluster.told(router, await prefix(), ['n1']);
    await cluster.peer({ localASN: NODES_ASN, myASN: OTHER_ASN, ...onNodes('n1') }, 'local');
    await cluster.sessionsWith();
    await expectOfN1(NODES_ASN);
    await cluster.sessionsWith('n1');
    await cluster.routed(await prefix(), 'n1');
  });

  test('and nothing else make a BGPPeer that goes to the port of BGP, as it shows', async () => {
    await cluster.peer();
    await cluster.sessionsWith(...ALL);
    const path = `/apis/metallb.io/v1beta2/namespaces/${cluster.lab.namespace}/bgppeers/router`;
    const { spec } = await cluster.lab.api.get<{ spec: object }>(path);
    expect(spec).toMatchObject({ peerPort: 179, disableMP: false, dualStackAddressFamily: false });
    const events = await saidByAll('router', `a session with ${ROUTER.ipv4}:179`);
    expect(events).toHaveLength(3);
  });
});
