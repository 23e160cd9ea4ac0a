/** Where the program is, or will be, for the sources as they are now. */
export function kubernetesPath(): string;
/**
 * The path of the multi-call program (`kubernetes kube-apiserver …`), which is built first if it is not in the cache.
 *
 * Rejects with a message for people where Go is missing or too old, or the build fails.
 */
export function ensureKubernetes(say?: (line: string) => void): Promise<string>;
