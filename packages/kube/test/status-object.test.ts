import { KubeError, StatusObject, type KubeObject } from '@picluster/kube';
import { describe, expect, it } from 'vitest';
import { ScriptedClient } from './scripted-client.ts';

const path = '/apis/example.org/v1/namespaces/here/reports';
const manifest = { apiVersion: 'example.org/v1', kind: 'Report', metadata: { name: 'mine' } };
const { signal } = new AbortController();

interface View {
  readonly resourceVersion: string;
}

function keeper(
  client: ScriptedClient,
  current?: View,
  entitled?: () => boolean,
): StatusObject<View> {
  const project = ({ metadata }: KubeObject): View => ({
    resourceVersion: metadata.resourceVersion ?? '',
  });
  const deps = { client, current: () => current, ...(entitled && { entitled }) };
  return new StatusObject(deps, { path, manifest, fieldManager: 'me', project });
}

const written = (client: ScriptedClient): readonly unknown[] =>
  client.requests.map(({ method, path: at, body, query }) => ({ method, path: at, body, query }));
const patch = {
  method: 'PATCH',
  path: `${path}/mine/status`,
  body: { metadata: { resourceVersion: '7' }, status: { says: 'so' } },
  query: { fieldManager: 'me' },
};

describe('an object of our own', () => {
  it('is patched onto the version that was read', async () => {
    const client = new ScriptedClient();
    client.answer({ metadata: { name: 'mine' } });
    await keeper(client, { resourceVersion: '7' }).show(() => ({ says: 'so' }), signal);
    expect(written(client)).toEqual([patch]);
  });

  it('is made where there is none, and patched then', async () => {
    const client = new ScriptedClient();
    client.answer({ metadata: { name: 'mine', resourceVersion: '7' } });
    client.answer({ metadata: { name: 'mine' } });
    await keeper(client).show(() => ({ says: 'so' }), signal);
    expect(written(client)).toEqual([{ method: 'POST', path, body: manifest }, patch]);
  });

  it('is not written where it says so already', async () => {
    const client = new ScriptedClient();
    await keeper(client, { resourceVersion: '7' }).show(() => undefined, signal);
    expect(client.requests).toEqual([]);
  });

  it('is known by what was written, until the mirror shows that or something newer', async () => {
    const client = new ScriptedClient();
    let shown: View | undefined;
    const project = ({ metadata }: KubeObject): View => ({
      resourceVersion: metadata.resourceVersion ?? '',
    });
    const options = { path, manifest, fieldManager: 'me', project };
    const object = new StatusObject({ client, current: () => shown }, options);
    const seen: string[] = [];
    const show = async (): Promise<void> =>
      await object.show(({ resourceVersion }) => {
        seen.push(resourceVersion);
        return seen.length === 1 ? { says: 'so' } : undefined;
      }, signal);
    client.answer({ metadata: { name: 'mine', resourceVersion: '7' } });
    client.answer({ metadata: { name: 'mine', resourceVersion: '8' } });
    await show();
    shown = { resourceVersion: '7' };
    await show();
    shown = { resourceVersion: '9' };
    await show();
    expect(seen).toEqual(['7', '8', '9']);
  });

  it('is made again where it was deleted after what was written', async () => {
    const client = new ScriptedClient();
    const object = keeper(client);
    for (const resourceVersion of ['7', '8', '9', '10']) {
      client.answer({ metadata: { name: 'mine', resourceVersion } });
    }
    await object.show(() => ({ says: 'so' }), signal);
    await object.show(() => ({ says: 'so' }), signal);
    expect(client.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST', 'PATCH']);
  });

  it('is written by nobody who may not, and asks once more as the bytes leave', async () => {
    const client = new ScriptedClient();
    let may = false;
    const object = keeper(client, { resourceVersion: '7' }, () => may);
    await object.show(() => ({ says: 'so' }), signal);
    expect(client.requests).toEqual([]);
    may = true;
    client.answer({ metadata: { name: 'mine' } });
    await object.show(() => ({ says: 'so' }), signal);
    may = false;
    expect(client.requests[0]?.onlyIf?.()).toBe(false);
  });

  it('is done without where the cluster lacks the kind; what else fails is told', async () => {
    const client = new ScriptedClient();
    client.answer(new KubeError('not-found', 'no such kind'));
    await keeper(client).show(() => ({ says: 'so' }), signal);
    expect(client.requests).toHaveLength(1);
    client.answer(new KubeError('conflict', 'the object has been modified', { status: 409 }));
    const object = keeper(client, { resourceVersion: '7' });
    await expect(object.show(() => ({ says: 'so' }), signal)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
