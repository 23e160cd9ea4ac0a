/** The folder of all that is cached: `$PICLUSTER_CACHE`, else `$XDG_CACHE_HOME/picluster`, else `~/.cache/picluster`. */
export function cacheRoot(): string;
/** The path, not yet made, of the cache folder `<name>-<hash of the files' contents>`. */
export function cacheFolder(name: string, files: readonly string[]): string;
/** Makes the folder, with a message that names the way out where that is not allowed. */
export function makeCacheFolder(folder: string): void;
