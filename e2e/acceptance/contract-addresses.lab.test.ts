import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../lab/daemon.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';
import { shown } from './pools.ts';

let lab: Lab;
let controller: Daemon;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real', nodes: 1 });
  controller = await lab.startController();
  await controller.ready();
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}
interface Conditioned {
  readonly metadata: { readonly resourceVersion: string; readonly generation?: number };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly result?: string };
}

const LIMIT_MS = 20_000;
const serviceObject = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
});
const poolObject = (name: string, addresses: readonly string[] = []) => ({
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  metadata: { name, namespace: lab.namespace },
  spec: { addresses },
});

async function pool(name: string, ...addresses: readonly string[]): Promise<void> {
  await lab.apply(poolObject(name, addresses));
}

async function unpool(...names: readonly string[]): Promise<void> {
  await lab.delete(...names.map((name) => poolObject(name)));
}

async function read(name: string): Promise<Conditioned> {
  return await lab.api.get<Conditioned>(`/api/v1/namespaces/default/services/${name}`);
}

function conditionOf(object: Conditioned, type: string): string {
  const found = object.status?.conditions?.find((each) => each.type === type);
  return found === undefined ? '' : `${found.status} ${found.reason}: ${found.message}`;
}

/** Waits until what a Service's condition says matches. */
async function says(name: string, pattern: RegExp): Promise<string> {
  return await lab.waitFor(
    `the condition of ${name} to say ${pattern.source}`,
    async () => {
      const text = conditionOf(await read(name), 'picluster.io/AddressAssigned');
      return pattern.test(text) && text;
    },
    LIMIT_MS,
  );
}

/** Waits until a Service shows exactly these addresses. */
async function shows(name: string, ...addresses: readonly string[]): Promise<void> {
  await lab.waitFor(
    `${name} to show [${addresses.join(' ')}]`,
    async () => (await shown(lab, name)).join() === addresses.join(),
    LIMIT_MS,
  );
}

/** What the controller says of its configuration. */
async function result(expected: string): Promise<void> {
  const path = `/apis/metallb.io/v1beta1/namespaces/${lab.namespace}/configurationstates/controller`;
  await lab.waitFor(
    `the ConfigurationState to be ${expected}`,
    async () => (await lab.api.get<Conditioned>(path)).status?.result === expected,
    LIMIT_MS,
  );
}

async function removeServices(...names: readonly string[]): Promise<void> {
  await lab.delete(...names.map(serviceObject));
}

describe('pools under live Services', () => {
  test('a Service that finds its pool full is told why, in kubectl describe and in its condition', async () => {
    await pool('p', '192.168.77.100-192.168.77.101');
    await lab.service({ name: 'a' });
    await shows('a', '192.168.77.100');
    await lab.service({ name: 'b' });
    await shows('b', '192.168.77.101');
    await lab.service({ name: 'c' });
    await says('c', /^False PoolFull: no available IPs: pool p has no free IPv4 address$/);
    await lab.waitFor(
      'kubectl describe to show why',
      async () =>
        /Warning\s+AllocationFailed.*no available IPs: pool p has no free IPv4 address/.test(
          await lab.kubectl('describe', 'service', 'c'),
        ),
      LIMIT_MS,
    );
    await says('a', /^True Assigned: 192\.168\.77\.100 of pool p$/);
    await lab.kubectl(
      'wait',
      '--for=condition=picluster.io/AddressAssigned',
      'service/a',
      '--timeout=10s',
    );
    await result('Valid');
    expect(await shown(lab, 'c')).toEqual([]);
  });

  test('one that grows gives to those who wait, and moves nobody', async () => {
    await pool('p', '192.168.77.100-192.168.77.102');
    await shows('c', '192.168.77.102');
    expect(await shown(lab, 'a')).toEqual(['192.168.77.100']);
  });

  test('one that shrinks takes away only what it has no more', async () => {
    await pool('p', '192.168.77.101-192.168.77.102');
    await shows('a');
    await says('a', /^False PoolFull/);
    expect(await shown(lab, 'b')).toEqual(['192.168.77.101']);
    expect(await shown(lab, 'c')).toEqual(['192.168.77.102']);
  });

  test('one that is spoilt stays in force as it was, and says so on itself, in the state and in the metric', async () => {
    await pool('p', '192.168.77.150-192.168.77.100');
    await result('Invalid');
    const describePool = async (): Promise<string> =>
      await lab.kubectl('-n', lab.namespace, 'describe', 'ipaddresspool', 'p');
    await lab.waitFor(
      'the pool to say what is wrong with it',
      async () => /ConfigurationError[^]*PoolRefused.*last good version/.test(await describePool()),
      LIMIT_MS,
    );
    expect(await controller.metrics()).toMatch(/metallb_k8s_client_config_stale_bool 1/);
    expect(await shown(lab, 'b')).toEqual(['192.168.77.101']);
    await pool('p', '192.168.77.101-192.168.77.102');
    await result('Valid');
    expect(await controller.metrics()).toMatch(/metallb_k8s_client_config_stale_bool 0/);
  });

  test('one that takes another name keeps its Services where they are', async () => {
    await pool('q', '192.168.77.101-192.168.77.102');
    await result('Invalid');
    await unpool('p');
    await result('Valid');
    await says('b', /of pool q$/);
    expect(await shown(lab, 'b')).toEqual(['192.168.77.101']);
    expect(await shown(lab, 'c')).toEqual(['192.168.77.102']);
  });

  test('one that is deleted leaves its Services without addresses, and the reason', async () => {
    await unpool('q');
    await shows('b');
    const why = await says('b', /^False NoPools/);
    expect(why).toBe('False NoPools: no address pool is defined');
    await removeServices('a', 'b', 'c');
  });

  test('the state comes back when somebody deletes it', async () => {
    await lab.kubectl('-n', lab.namespace, 'delete', 'configurationstate', 'controller');
    await result('Valid');
    expect(
      await lab.kubectl('-n', lab.namespace, 'get', 'configurationstates', '--show-labels'),
    ).toMatch(/controller\s+Valid.*metallb\.io\/component-type=controller/);
  });
});

describe('Services', () => {
  beforeAll(async () => await pool('t', '192.168.77.120-192.168.77.149', 'fd77::1:0-fd77::1:ff'));

  test('with one key share an address on different ports; a third on a taken port gets another', async () => {
    await pool('s', '192.168.77.110-192.168.77.112');
    const annotations = {
      'metallb.io/allow-shared-ip': 'k',
      'metallb.io/address-pool': 's',
    };
    await lab.service({ name: 'web', annotations, port: 80 });
    await shows('web', '192.168.77.110');
    await lab.service({ name: 'tls', annotations, port: 443 });
    await shows('tls', '192.168.77.110');
    await lab.service({ name: 'web2', annotations, port: 80 });
    await shows('web2', '192.168.77.111');
    await lab.service({ name: 'lone', annotations: { 'metallb.io/address-pool': 's' } });
    await shows('lone', '192.168.77.112');
    await lab.service({ name: 'web3', annotations, port: 80 });
    expect(await says('web3', /^False PoolFull/)).toContain(
      'port TCP/80 is already in use on "192.168.77.110" by default/web',
    );
    await removeServices('web', 'tls', 'web2', 'web3', 'lone');
    await unpool('s');
  });

  test('of each family policy get what they can have', async () => {
    const dual = { ipFamilies: ['IPv4', 'IPv6'] };
    await lab.service({ name: 'need', family: 'dual' });
    expect(await lab.addresses('need')).toEqual(['192.168.77.120', 'fd77::1:0']);
    await lab.service({ name: 'like', spec: { ...dual, ipFamilyPolicy: 'PreferDualStack' } });
    await shows('like', '192.168.77.121', 'fd77::1:1');
    await lab.service({ name: 'six', family: 'IPv6' });
    await shows('six', 'fd77::1:2');
    await removeServices('need', 'like', 'six');
  });

  test('that are deleted and made again keep their address, though others came between', async () => {
    await lab.service({ name: 'first' });
    await lab.service({ name: 'second' });
    const [kept = ''] = await lab.addresses('first');
    await lab.addresses('second');
    await removeServices('first');
    await lab.service({ name: 'stranger' });
    expect(await lab.addresses('stranger')).not.toContain(kept);
    await lab.service({ name: 'first' });
    await shows('first', kept);
    await removeServices('first', 'second', 'stranger');
  });

  test('whose status another controller writes over are left to it after two tries, and it is named once', async () => {
    await lab.service({ name: 'contested' });
    const [ours = ''] = await lab.addresses('contested');
    const patch = async (): Promise<string> =>
      await lab.kubectl(
        'patch',
        'service',
        'contested',
        '--subresource=status',
        '--type=merge',
        '--field-manager=k3s',
        '-p',
        '{"status":{"loadBalancer":{"ingress":[{"ip":"172.18.0.2"}]}}}',
      );
    await patch();
    await shows('contested', ours);
    await patch();
    const said = await says('contested', /^False ForeignController/);
    expect(said).toContain('another controller ("k3s")');
    expect(said).toContain(`it put 172.18.0.2, which no pool has, in place of ${ours}`);
    await patch();
    // Another Service's address proves that the controller has seen the last write.
    await lab.service({ name: 'later' });
    await lab.addresses('later');
    expect(await shown(lab, 'contested')).toEqual(['172.18.0.2']);
    const named = async (): Promise<readonly string[]> =>
      (await lab.events('contested')).filter((event) => event.startsWith('ForeignController'));
    await lab.waitFor('the event', async () => (await named()).length > 0, LIMIT_MS);
    expect(await named()).toHaveLength(1);
    const { resourceVersion } = (await read('contested')).metadata;
    await removeServices('later');
    await lab.service({ name: 'latest' });
    await lab.addresses('latest');
    expect((await read('contested')).metadata.resourceVersion).toBe(resourceVersion);
    await removeServices('contested', 'latest');
  });

  test('keep the conditions that others wrote on them', async () => {
    await lab.service({ name: 'shared-status' });
    await lab.addresses('shared-status');
    const foreign = {
      type: 'example.org/Checked',
      status: 'True',
      reason: 'Checked',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const { status } = await read('shared-status');
    await lab.api.patch('/api/v1/namespaces/default/services/shared-status/status', {
      status: { conditions: [...(status?.conditions ?? []), foreign] },
    });
    await lab.kubectl(
      'patch',
      'service',
      'shared-status',
      '-p',
      '{"spec":{"loadBalancerIP":"10.9.9.9"}}',
    );
    await says('shared-status', /^False NotInAnyPool/);
    expect(conditionOf(await read('shared-status'), 'example.org/Checked')).toContain('Checked');
    await lab.kubectl('patch', 'service', 'shared-status', '-p', '{"spec":{"type":"ClusterIP"}}');
    await lab.waitFor(
      'our condition to go with the type',
      async () =>
        conditionOf(await read('shared-status'), 'picluster.io/AddressAssigned') === '' &&
        conditionOf(await read('shared-status'), 'example.org/Checked') !== '',
      LIMIT_MS,
    );
    await removeServices('shared-status');
  });
});
