import { describe, expect, test } from 'vitest';
import { BROKEN, type PoolObject, type ServiceObject } from './cluster-model.ts';
import { History, lossesWithoutCause } from './history.ts';

let at = 0;
const next = (): string => String(++at);

function pool(addresses: string, annotations: Readonly<Record<string, string>> = {}): PoolObject {
  return {
    metadata: { name: 'lan', resourceVersion: next(), annotations },
    spec: { addresses: [addresses] },
  };
}

function service(
  name: string,
  shown: readonly string[],
  annotations: Readonly<Record<string, string>> = {},
): ServiceObject {
  return {
    metadata: { name, namespace: 'web', uid: name, resourceVersion: next(), annotations },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.9'],
      ports: [{ protocol: 'TCP', port: 80 }],
    },
    status: { loadBalancer: { ingress: shown.map((ip) => ({ ip })) } },
  };
}

/** What is found in a history that happens in this order. */
function lossesIn(...changes: readonly (() => PoolObject | ServiceObject)[]): readonly string[] {
  using history = new History();
  for (const change of changes) {
    const object = change();
    if ('addresses' in object.spec) history.addPool(object as PoolObject, false);
    else history.addService(object as ServiceObject, false);
  }
  return lossesWithoutCause(history);
}

describe('a loss of an address', () => {
  const both = '10.0.0.0-10.0.0.1';

  test('is seen where nothing gave a reason', () => {
    const losses = lossesIn(
      () => pool(both),
      () => service('a', ['10.0.0.0']),
      () => service('a', ['10.0.0.1']),
    );
    expect(losses).toHaveLength(1);
    expect(losses[0]).toMatch(/^web\/a a lost 10\.0\.0\.0 .* it then showed 10\.0\.0\.1$/);
  });

  test('is seen where the pool only grew, or was made wrong', () => {
    const losses = lossesIn(
      () => pool('10.0.0.0-10.0.0.0'),
      () => service('a', ['10.0.0.0']),
      () => pool(both),
      () => pool('10.0.0.9-10.0.0.2', { [BROKEN]: 'true' }),
      () => service('a', []),
    );
    expect(losses).toHaveLength(1);
  });

  test('has its cause in a pool that lost the address, if only for a moment', () => {
    const losses = lossesIn(
      () => pool(both),
      () => service('a', ['10.0.0.0']),
      () => pool('10.0.0.1-10.0.0.1'),
      () => pool(both),
      () => service('a', ['10.0.0.1']),
    );
    expect(losses).toEqual([]);
  });

  test('has its cause in a request for another one', () => {
    const losses = lossesIn(
      () => pool(both),
      () => service('a', ['10.0.0.0']),
      () => service('a', ['10.0.0.0'], { 'metallb.io/loadBalancerIPs': '10.0.0.1' }),
      () => service('a', ['10.0.0.1'], { 'metallb.io/loadBalancerIPs': '10.0.0.1' }),
    );
    expect(losses).toEqual([]);
  });

  test('has its cause in another Service that shared it and no longer may', () => {
    const key = { 'metallb.io/allow-shared-ip': 'red' };
    const losses = lossesIn(
      () => pool(both),
      () => service('a', ['10.0.0.0'], key),
      () => service('b', ['10.0.0.0'], key),
      () => service('b', ['10.0.0.0']),
      () => service('a', ['10.0.0.1'], key),
    );
    expect(losses).toEqual([]);
  });

  test('is not excused by another Service that was given the same one, although nothing had changed', () => {
    const losses = lossesIn(
      () => pool(both),
      () => service('a', ['10.0.0.0']),
      () => service('b', ['10.0.0.0']),
      () => service('a', ['10.0.0.1']),
    );
    expect(losses).toHaveLength(1);
  });

  test('is not excused by another Service that had it before', () => {
    const losses = lossesIn(
      () => pool(both),
      () => service('b', ['10.0.0.0']),
      () => service('b', ['10.0.0.1'], { 'metallb.io/loadBalancerIPs': '10.0.0.1' }),
      () => service('a', ['10.0.0.0']),
      () => service('a', []),
    );
    expect(losses.join()).toMatch(/web\/a/);
  });
});
