import type { KubeClient } from './kube-client.ts';

/** What to change of an object's status. */
export interface StatusPatch {
  /** The version the decision was made on: another one means `conflict`. */
  readonly resourceVersion: string;
  /**
   * Merged into the status (RFC 7386): objects key by key, arrays replaced whole, `null` deletes. Loose on purpose: the kinds' own status
   * types fit without a cast.
   */
  readonly status: object;
  /**
   * Annotations to set, or to delete with `null`, in the same write. Services take them on their status subresource; custom resources do not:
   * there the server drops all metadata without a word.
   */
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/**
 * Patches the status subresource of the object at `path` (without `/status`) if it still has that resourceVersion, and resolves with
 * the object as it then is. Throws a {@link KubeError}, `conflict` where someone was faster.
 *
 * `onlyIf` is asked at the last moment; see `KubeRequest`.
 */
export async function patchStatus<T>(
  client: Pick<KubeClient, 'request'>,
  path: string,
  patch: StatusPatch,
  signal?: AbortSignal,
  onlyIf?: () => boolean,
): Promise<T> {
  const { resourceVersion, annotations, status } = patch;
  return await client.request<T>({
    method: 'PATCH',
    path: `${path}/status`,
    body: {
      metadata: { resourceVersion, ...(annotations === undefined ? {} : { annotations }) },
      status,
    },
    signal,
    onlyIf,
  });
}
