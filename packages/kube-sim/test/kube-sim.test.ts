import { SimClock } from '@picluster/testkit';
import { crdManifests } from '@picluster/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError, startKubeSim, type KubeSim } from '../src/index.ts';
import { ContractClient } from './contract/client.ts';
import { configMap, service, widget, widgetDefinition } from './contract/objects.ts';

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
};

/** 2026-01-01T00:00:00Z. */
const newYear2026Ms = 1_767_225_600_000;

describe('a simulator', () => {
  let clock: SimClock;
  let sim: KubeSim;

  beforeEach(async () => {
    clock = new SimClock(newYear2026Ms);
    sim = await startKubeSim({ clock, tokens: { secret: 'robot' } });
  });

  afterEach(() => sim.close());

  test('applies a manifest by creating it, then by merging into it', () => {
    sim.applyManifest(configMap('x', { a: '1' }));
    const { metadata, data } = sim.applyManifest(configMap('x', { b: '2' })) as never as {
      metadata: { namespace: string; creationTimestamp: string };
      data: object;
    };
    expect(data).toEqual({ a: '1', b: '2' });
    expect(metadata.namespace).toBe('default');
    expect(metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
  });

  test('applies the status of a manifest too', () => {
    expect(sim.applyManifest(node).status?.['addresses']).toEqual(node.status.addresses);
    const conditions = [{ type: 'Ready', status: 'True' }];
    const after = sim.applyManifest({ ...node, status: { conditions } });
    expect(after.status).toEqual({ ...node.status, conditions });
  });

  test('applies every item of a List', () => {
    sim.applyManifest({ apiVersion: 'v1', kind: 'List', items: [configMap('x'), configMap('y')] });
    expect(sim.objects('v1', 'ConfigMap').map((one) => one.metadata.name)).toEqual(['x', 'y']);
  });

  test('throws what a client would be told', () => {
    expect(() => sim.applyManifest(service('bad', { type: 'Nothing' }))).toThrow(ApiError);
    expect(() => sim.deleteObject('v1', 'ConfigMap', 'absent')).toThrow('not found');
    expect(() => sim.applyManifest(widget('early', { size: 1 }))).toThrow(
      'apply its CustomResourceDefinition first',
    );
  });

  test('is a fresh cluster each time, with its namespaces and its own Service', async () => {
    sim.applyManifest(configMap('mine'));
    await using other = await startKubeSim();
    expect(other.objects('v1', 'ConfigMap')).toEqual([]);
    expect(other.objects('v1', 'Namespace').map((one) => one.metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    expect(other.object('v1', 'Service', 'kubernetes', 'default')?.spec?.['clusterIP']).toBe(
      '10.96.0.1',
    );
  });

  test('knows its users by their tokens, until one is revoked', async () => {
    const client = new ContractClient(sim);
    const as = async (token: string | null): Promise<number> =>
      (await client.get('/api/v1/nodes', { token })).code;
    expect([await as('secret'), await as('other'), await as(null)]).toEqual([200, 401, 401]);
    expect(sim.requests.count({ user: 'robot' })).toBe(1);
    expect((await client.get('/readyz', { token: null })).code).toBe(200);
    sim.revokeToken('secret');
    expect(await as('secret')).toBe(401);
    client.close();
  });

  test('a minted token ends when its time is over', async () => {
    const client = new ContractClient(sim);
    sim.applyManifest({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } });
    const { body } = await client.post('/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: { expirationSeconds: 600 },
    });
    const { token, expirationTimestamp } = body.status;
    expect(expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    expect((await client.get('/api/v1/nodes', { token })).code).toBe(200);
    await clock.advance(600_000);
    expect((await client.get('/api/v1/nodes', { token })).code).toBe(401);
    client.close();
  });

  test('stops serving a custom resource when its definition goes, objects included', async () => {
    const client = new ContractClient(sim);
    sim.applyManifest(widgetDefinition);
    sim.applyManifest(widget('w', { size: 1 }));
    const path = '/apis/contract.picluster.test/v1/widgets';
    expect((await client.get(path)).body.items).toHaveLength(1);
    const { name } = widgetDefinition.metadata;
    sim.deleteObject('apiextensions.k8s.io/v1', 'CustomResourceDefinition', name);
    expect((await client.get(path)).code).toBe(404);
    sim.applyManifest(widgetDefinition);
    expect((await client.get(path)).body.items).toEqual([]);
    client.close();
  });

  test('checks metallb.io objects by more than their schema', () => {
    for (const definition of crdManifests) sim.applyManifest(definition);
    const pool = (address: string): unknown =>
      sim.applyManifest({
        apiVersion: 'metallb.io/v1beta1',
        kind: 'IPAddressPool',
        metadata: { name: 'p' },
        spec: { addresses: [address] },
      });
    expect(() => pool('192.0.2.0')).toThrow('spec.addresses[0]');
    expect(() => pool('192.0.2.0/24')).not.toThrow();
  });

  test('takes the rules of other kinds from its options', async () => {
    await using strict = await startKubeSim({
      check: (object) =>
        object.metadata.name === 'odd'
          ? [{ reason: 'FieldValueInvalid', message: 'is odd', field: 'metadata.name' }]
          : [],
    });
    strict.applyManifest(widgetDefinition);
    expect(() => strict.applyManifest(widget('odd', { size: 1 }))).toThrow('metadata.name: is odd');
    expect(() => strict.applyManifest(widget('even', { size: 1 }))).not.toThrow();
  });

  test('says which port is taken', async () => {
    const port = Number(new URL(sim.url).port);
    await expect(startKubeSim({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('is on IPv6 when it is told so', async () => {
    await using six = await startKubeSim({ host: '::1' });
    const client = new ContractClient(six);
    expect((await client.get('/readyz')).body).toBe('ok');
    client.close();
  });

  test('gives a kubeconfig with its authority and a token', () => {
    const config = JSON.parse(sim.kubeconfig('secret')) as {
      clusters: { cluster: Record<string, string> }[];
      users: { user: { token: string } }[];
    };
    const cluster = config.clusters[0]?.cluster;
    expect(cluster?.['server']).toBe(sim.url);
    expect(Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64').toString()).toBe(
      sim.ca,
    );
    expect(config.users[0]?.user.token).toBe('secret');
  });
});
