import { expect, test } from 'vitest';
import { createIfAbsent } from '../src/create-if-absent.ts';
import type { KubeRequest } from '../src/kube-client.ts';
import { KubeError, type KubeErrorCode } from '../src/kube-error.ts';

const path = '/api/v1/namespaces/here/secrets';
const object = { metadata: { name: 'key' } };

function server(code?: KubeErrorCode): {
  requests: KubeRequest[];
  request: <T>(request: KubeRequest) => Promise<T>;
} {
  const requests: KubeRequest[] = [];
  const request = async <T>(one: KubeRequest): Promise<T> => {
    requests.push(one);
    if (code !== undefined) throw new KubeError(code, 'refused');
    return {} as T;
  };
  return { requests, request };
}

test('an object that is not there is created', async () => {
  const client = server();
  expect(await createIfAbsent(client, path, object)).toBe(true);
  expect(client.requests).toMatchObject([{ method: 'POST', path, body: object }]);
});

test('an object that is there is left alone, and that is no error', async () => {
  expect(await createIfAbsent(server('already-exists'), path, object)).toBe(false);
});

test('every other refusal is one', async () => {
  await expect(createIfAbsent(server('forbidden'), path, object)).rejects.toMatchObject({
    code: 'forbidden',
  });
});
