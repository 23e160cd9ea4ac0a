import { KubeError, KubeLeaseLock } from '@picluster/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedClient } from './scripted-client.ts';

const { signal } = new AbortController();
const record = {
  holderIdentity: 'node-1',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:02.000000Z',
  leaseTransitions: 3,
};
const lease = (version: string, spec: unknown = record) => ({
  metadata: { resourceVersion: version },
  spec,
});

describe('KubeLeaseLock', () => {
  let client: ScriptedClient;
  let lock: KubeLeaseLock;

  beforeEach(() => {
    client = new ScriptedClient();
    lock = new KubeLeaseLock(
      { client },
      { namespace: 'metallb-system', name: 'web-a', labels: { app: 'x' } },
    );
  });

  it('reads the record with its version, from the server itself', async () => {
    client.answer(lease('7'));
    expect(await lock.get(signal)).toEqual({ record, version: '7' });
    expect(client.requests[0]).toEqual({
      method: 'GET',
      path: '/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/web-a',
      signal,
      timeoutMs: 5000,
    });
  });

  it('reads a Lease without some fields, made by hand or released by others, as a free one', async () => {
    client.answer({ metadata: { resourceVersion: '1' }, spec: { holderIdentity: null } });
    const free = {
      holderIdentity: '',
      leaseDurationSeconds: 0,
      acquireTime: '',
      renewTime: '',
      leaseTransitions: 0,
    };
    expect(await lock.get(signal)).toEqual({ record: free, version: '1' });
    client.answer({ metadata: { resourceVersion: '2' } });
    expect(await lock.get(signal)).toEqual({ record: free, version: '2' });
  });

  it('finds nothing where there is no Lease', async () => {
    client.answer(new KubeError('not-found', 'no such lease'));
    expect(await lock.get(signal)).toBeUndefined();
  });

  it('creates the Lease, labels and all', async () => {
    client.answer(lease('1'));
    expect(await lock.create(record, signal)).toEqual({ version: '1' });
    expect(client.requests[0]).toMatchObject({
      method: 'POST',
      path: '/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases',
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: 'metallb-system', name: 'web-a', labels: { app: 'x' } },
        spec: record,
      },
    });
  });

  it('updates by a merge patch that names the version and touches nothing it does not know', async () => {
    client.answer(lease('8'));
    expect(
      await lock.update({ ...record, holderIdentity: '', acquireTime: '' }, '7', signal),
    ).toEqual({ version: '8' });
    expect(client.requests[0]).toMatchObject({
      method: 'PATCH',
      body: {
        metadata: { resourceVersion: '7', labels: { app: 'x' } },
        spec: { ...record, holderIdentity: '', acquireTime: null },
      },
    });
  });

  it.each([
    ['create', 'already-exists'],
    ['create', 'conflict'],
    ['update', 'conflict'],
    ['update', 'not-found'],
  ] as const)('says conflict where the server answers a %s with %s', async (call, code) => {
    client.answer(new KubeError(code, 'no'));
    const answer =
      call === 'create' ? lock.create(record, signal) : lock.update(record, '7', signal);
    expect(await answer).toBe('conflict');
  });

  it.each(['network', 'timeout', 'forbidden', 'server', 'not-found'] as const)(
    'rejects on %s',
    async (code) => {
      client.answer(new KubeError(code, 'no'));
      await expect(lock.create(record, signal)).rejects.toMatchObject({ code });
      if (code === 'not-found') return;
      client.answer(new KubeError(code, 'no'));
      await expect(lock.get(signal)).rejects.toMatchObject({ code });
      client.answer(new KubeError(code, 'no'));
      await expect(lock.update(record, '7', signal)).rejects.toMatchObject({ code });
    },
  );
});
