import type { KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';

/**
 * Creates an object in the collection at `path` unless there is one of its name; gives whether it was created. Of several that try at once
 * one succeeds, and nothing that is there is touched. Needs the verb create alone. Throws {@link KubeError} for everything else.
 */
export async function createIfAbsent(
  client: Pick<KubeClient, 'request'>,
  path: string,
  object: object,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await client.request({ method: 'POST', path, body: object, signal });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.code === 'already-exists') return false;
    throw error;
  }
}
