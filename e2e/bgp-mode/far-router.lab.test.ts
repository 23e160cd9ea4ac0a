import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { run } from '../lab/run.ts';
import { BgpCluster, onNodes } from './bgp-cluster.ts';
import { FrrProcess } from './frr-process.ts';
import { BEYOND } from './router-network.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const FAR = '198.18.0.2';
const NODES = ['n1', 'n2'] as const;
let cluster: BgpCluster;
let far: FrrProcess | undefined;

function configuration(): string {
  const nodes = NODES.map((name) => cluster.lab.node(name).addresses.ipv4);
  return [
    'router bgp 64600',
    ` bgp router-id ${FAR}`,
    ' no bgp ebgp-requires-policy',
    ...nodes.flatMap((node) =>
      ['remote-as 64500', 'passive', 'ebgp-multihop 2', 'bfd'].map(
        (line) => ` neighbor ${node} ${line}`,
      ),
    ),
    '',
  ].join('\n');
}

interface Shown {
  readonly multihop: boolean;
  readonly peer: string;
  readonly status: string;
}

/** The nodes that the far router has an established session with; `bfd`: whose path it finds up. */
async function nodesUp(what: 'bgp' | 'bfd'): Promise<string> {
  const nameOf = (address: string): string =>
    NODES.find((name) => cluster.lab.node(name).addresses.ipv4 === address) ?? address;
  if (what === 'bfd') {
    const peers = JSON.parse((await far?.show('bfdd', 'show bfd peers json')) ?? '[]') as Shown[];
    const up = peers.filter(({ multihop, status }) => multihop && status === 'up');
    return up
      .map(({ peer }) => nameOf(peer))
      .toSorted()
      .join(' ');
  }
  const shown = JSON.parse((await far?.show('bgpd', 'show bgp summary json')) ?? '{}') as Readonly<
    Record<string, { readonly peers?: Readonly<Record<string, { readonly state: string }>> }>
  >;
  const up = Object.values(shown)
    .flatMap(({ peers }) => Object.entries(peers ?? {}))
    .filter(([, { state }]) => state === 'Established');
  return up
    .map(([address]) => nameOf(address))
    .toSorted()
    .join(' ');
}

async function untilUp(what: 'bgp' | 'bfd', nodes: string): Promise<void> {
  await cluster.until(`${what} with [${nodes}]`, async () => (await nodesUp(what)) === nodes);
}

describe.skipIf(!hasFrr)('a router two hops away', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    far = await FrrProcess.start(BEYOND, configuration(), { bfd: true });
    await cluster.apply('BFDProfile', 'far', { transmitInterval: 300, receiveInterval: 300 });
    const spec = { peerASN: 64_600, peerAddress: FAR, ebgpMultiHop: true, bfdProfile: 'far' };
    await cluster.peer({ ...spec, ...onNodes(...NODES) }, 'far');
  });
  afterAll(async () => {
    await far?.end();
    await cluster?.[Symbol.asyncDispose]();
  });
  keepLogsOfFailures(() => cluster?.lab);

  test('has sessions with BFD over both hops, and is rid of a node that falls silent long before the hold time', async () => {
    await untilUp('bgp', 'n1 n2');
    await untilUp('bfd', 'n1 n2');
    const { speaker } = cluster.lab.node('n1');
    const gauge = `metallb_bfd_session_up{peer="${FAR}"} 1`;
    await cluster.until(gauge, async () => (await speaker.metrics()).includes(gauge));
    expect(await nodesUp('bgp')).toBe('n1 n2');
    speaker.freeze();
    await untilUp('bgp', 'n2');
    speaker.thaw();
    await untilUp('bgp', 'n1 n2');
    await untilUp('bfd', 'n1 n2');
  });

  test('is lost to BFD when the path behind the first hop fails, which is told on the BGPPeer', async () => {
    await run(['ip', '-n', 'router', 'link', 'set', 'beyond', 'down']);
    const lost = await cluster.until('the event', async () => {
      const events = await cluster.lab.events('far', cluster.lab.namespace);
      return events.find((each) => each.startsWith('SessionDown: node "n2"'));
    });
    expect(lost).toContain(`with ${FAR}:179: BFD found the path to the router down.`);
    await untilUp('bgp', '');
    await run(['ip', '-n', 'router', 'link', 'set', 'beyond', 'up']);
    await untilUp('bgp', 'n1 n2');
    await untilUp('bfd', 'n1 n2');
  });
});
