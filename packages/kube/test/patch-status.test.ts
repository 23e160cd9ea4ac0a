import { KubeError, patchStatus } from '@picluster/kube';
import { describe, expect, it } from 'vitest';
import { ScriptedClient } from './scripted-client.ts';

const path = '/api/v1/namespaces/web/services/a';

describe('patchStatus', () => {
  it('patches the status subresource, naming the version it was decided on', async () => {
    const client = new ScriptedClient();
    client.answer({ metadata: { resourceVersion: '8' } });
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
    const annotations = { 'metallb.io/ip-allocated-from-pool': 'lan', gone: null };
    const after = await patchStatus(client, path, { resourceVersion: '7', status, annotations });
    expect(after).toEqual({ metadata: { resourceVersion: '8' } });
    expect(client.requests).toEqual([
      {
        method: 'PATCH',
        path: `${path}/status`,
        body: { metadata: { resourceVersion: '7', annotations }, status },
        signal: undefined,
      },
    ]);
  });

  it('hands on what is asked at the last moment', async () => {
    const client = new ScriptedClient();
    client.answer({ metadata: { resourceVersion: '8' } });
    const onlyIf = (): boolean => true;
    await patchStatus(client, path, { resourceVersion: '7', status: {} }, undefined, onlyIf);
    expect(client.requests[0]?.onlyIf).toBe(onlyIf);
  });

  it('says conflict where someone was faster', async () => {
    const client = new ScriptedClient();
    client.answer(new KubeError('conflict', 'the object has been modified', { status: 409 }));
    const patching = patchStatus(client, path, { resourceVersion: '7', status: {} });
    await expect(patching).rejects.toMatchObject({ code: 'conflict' });
  });
});
