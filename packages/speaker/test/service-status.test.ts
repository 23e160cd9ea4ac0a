import { parseServiceBGPStatus, parseServiceL2Status } from '@picluster/api';
import { describe, expect, test } from 'vitest';
import {
  serviceStatusName,
  planServiceStatus,
  BGP_STATUS,
  L2_STATUS,
  viewServiceStatus,
  type ServiceStatusAuthor,
  type ServiceStatusSituation,
  type NamedServiceStatus,
} from '../src/service-status.ts';

const author: ServiceStatusAuthor = {
  kind: L2_STATUS,
  node: 'n1',
  owner: { name: 'speaker-x', uid: 'pod-1' },
};
const ownName = serviceStatusName('default/web', author);

/** An object as the API server sends it: n1 announces default/web on eth0, unless it is said otherwise. */
function raw(
  change: { name?: string; node?: string; owner?: string; interfaces?: string[] } = {},
): {
  metadata: object;
  status: object;
} {
  const { name = ownName, node = 'n1', owner = 'pod-1', interfaces = ['eth0'] } = change;
  return {
    metadata: {
      name,
      namespace: 'metallb-system',
      uid: `uid-${name}`,
      resourceVersion: '7',
      labels: {
        'metallb.io/node': node,
        'metallb.io/service-name': 'web',
        'metallb.io/service-namespace': 'default',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'speaker-x', uid: owner }],
    },
    status: {
      node,
      serviceName: 'web',
      serviceNamespace: 'default',
      interfaces: interfaces.map((each) => ({ name: each })),
    },
  };
}
const view = (change: Parameters<typeof raw>[0] = {}): NamedServiceStatus => ({
  ...viewServiceStatus(raw(change), L2_STATUS),
  name: change.name ?? ownName,
});

function plan(situation: Partial<ServiceStatusSituation>): ReturnType<typeof planServiceStatus> {
  const usual = { service: 'default/web', where: ['eth0'], objects: [], takenOver: false };
  return planServiceStatus({ ...usual, ...situation }, author);
}

describe('a node that announces a Service', () => {
  test('says so in one object, with labels that name both, and the Pod as its owner', () => {
    const { metadata, status } = raw();
    const { labels, ownerReferences } = metadata as ReturnType<typeof Object>;
    expect(plan({})).toEqual([
      {
        do: 'create',
        manifest: {
          apiVersion: 'metallb.io/v1beta1',
          kind: 'ServiceL2Status',
          metadata: { name: ownName, labels, ownerReferences },
        },
        status,
      },
    ]);
    expect(parseServiceL2Status({ metadata, status }).ok).toBe(true);
  });

  test('writes nothing while that is what the API shows', () => {
    expect(plan({ objects: [view()] })).toEqual([]);
  });

  test('writes the status alone when it announces on other interfaces', () => {
    expect(plan({ where: ['eth0', 'eth1'], objects: [view()] })).toEqual([
      {
        do: 'change',
        name: ownName,
        resourceVersion: '7',
        status: raw({ interfaces: ['eth0', 'eth1'] }).status,
      },
    ]);
  });

  test('fills in a status that was not written yet', () => {
    const bare = viewServiceStatus({ metadata: raw().metadata }, L2_STATUS);
    expect(plan({ objects: [{ ...bare, name: ownName }] })).toEqual([
      { do: 'change', name: ownName, resourceVersion: '7', status: raw().status },
    ]);
  });

  test('makes the object its own when it was an older Pod’s, or when its labels are gone', () => {
    const stripped = viewServiceStatus(
      { ...raw(), metadata: { name: ownName, resourceVersion: '7' } },
      L2_STATUS,
    );
    for (const object of [view({ owner: 'pod-0' }), { ...stripped, name: ownName }]) {
      expect(plan({ objects: [object] })).toEqual([
        {
          do: 'change',
          name: ownName,
          resourceVersion: '7',
          metadata: expect.objectContaining({
            labels: expect.objectContaining({ 'metallb.io/node': 'n1' }) as object,
            ownerReferences: [expect.objectContaining({ uid: 'pod-1' })],
          }) as object,
        },
      ]);
    }
  });

  test('removes what speaks of the same under another name, as MetalLB’s would', () => {
    const objects = [view(), view({ name: 'l2-x7k2p' })];
    expect(plan({ objects })).toEqual([{ do: 'delete', name: 'l2-x7k2p', uid: 'uid-l2-x7k2p' }]);
  });

  test('removes the word of other nodes when it takes the Service over, and leaves it alone later', () => {
    const objects = [view(), view({ name: 'l2-of-n2', node: 'n2' })];
    expect(plan({ objects, takenOver: true })).toEqual([
      { do: 'delete', name: 'l2-of-n2', uid: 'uid-l2-of-n2' },
    ]);
    expect(plan({ objects })).toEqual([]);
  });
});

describe('a node that does not announce a Service', () => {
  test('says nothing', () => {
    expect(plan({ where: undefined })).toEqual([]);
  });

  test('takes back its own word, and nobody else’s', () => {
    const objects = [view(), view({ name: 'l2-x7k2p' }), view({ name: 'l2-of-n2', node: 'n2' })];
    expect(plan({ where: undefined, objects, takenOver: true })).toEqual([
      { do: 'delete', name: ownName, uid: `uid-${ownName}` },
      { do: 'delete', name: 'l2-x7k2p', uid: 'uid-l2-x7k2p' },
    ]);
  });
});

test('without a Pod the object has no owner, and one that it has is left to it', () => {
  const situation = { service: 'default/web', where: ['eth0'], takenOver: false };
  const [step] = planServiceStatus({ ...situation, objects: [] }, { kind: L2_STATUS, node: 'n1' });
  expect(JSON.stringify(step)).not.toContain('ownerReferences');
  expect(
    planServiceStatus({ ...situation, objects: [view()] }, { kind: L2_STATUS, node: 'n1' }),
  ).toEqual([]);
});

test('the name of an object is valid, and another for each Service and node', () => {
  const names = ['a/b', 'a/c', 'b/b'].flatMap((service) =>
    ['n1', 'n2'].map((node) => serviceStatusName(service, { kind: L2_STATUS, node })),
  );
  expect(new Set(names).size).toBe(6);
  for (const name of names) expect(name).toMatch(/^l2-[0-9a-f]{16}$/);
});

describe('of BGP, where several nodes announce a Service', () => {
  const bgp: ServiceStatusAuthor = { ...author, kind: BGP_STATUS };
  const name = serviceStatusName('default/web', bgp);
  const { metadata } = raw({ name });
  const said = { node: 'n1', serviceName: 'web', serviceNamespace: 'default' };

  test('a node says which peers hear of it', () => {
    const situation = { service: 'default/web', where: ['a', 'b'], objects: [], takenOver: true };
    const [step] = planServiceStatus(situation, bgp);
    expect(step).toMatchObject({
      do: 'create',
      manifest: { kind: 'ServiceBGPStatus', metadata: { name } },
      status: { ...said, peers: ['a', 'b'] },
    });
    expect(parseServiceBGPStatus({ metadata, status: { ...said, peers: ['a', 'b'] } }).ok).toBe(
      true,
    );
  });

  test('a node leaves what the others say', () => {
    const kept = viewServiceStatus({ metadata, status: { ...said, peers: ['a'] } }, BGP_STATUS);
    const own = { ...kept, name };
    const objects = [own, view({ name: 'bgp-other', node: 'n2' })];
    const situation = { service: 'default/web', where: ['a'], objects, takenOver: true };
    expect(planServiceStatus(situation, bgp)).toEqual([]);
  });
});
