/**
 * The path of helm, which is built first from its Go module if it is not in the cache. `$PICLUSTER_HELM` names one that is to be used instead.
 *
 * Rejects with a message for people where Go is missing or too old, or the build fails.
 */
export function ensureHelm(say?: (line: string) => void): Promise<string>;
