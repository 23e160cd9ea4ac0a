/** The path of promtool: the one on the path, else the one of Debian's package, unpacked into the cache. Rejects with what to install. */
export function ensurePromtool(): Promise<string>;
