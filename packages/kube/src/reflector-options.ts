import type { BackoffOptions } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import type { Logger } from './logger.ts';

/** What a reflector counts. */
export interface ReflectorMetrics {
  /** The whole collection was read, by a streamed list or in pages. */
  listed(how: 'stream' | 'pages', objects: number): void;
  /** A list or a watch failed, with the code of the {@link KubeError}. A watch that the server ends is no failure. */
  failed(code: string): void;
}

/** What a reflector runs on. */
export interface ReflectorDeps {
  readonly client: Pick<KubeClient, 'request' | 'stream'>;
  readonly clock: Pick<Clock, 'nowMs' | 'timer' | 'sleep'>;
  readonly random: Random;
  /** Default: silent. */
  readonly log?: Logger;
  readonly metrics?: ReflectorMetrics;
}

/** What is mirrored, and how. */
export interface ReflectorOptions<P> {
  /** Path of the collection, such as `/api/v1/services`; see {@link resourcePath}. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /**
   * Turns an object into what is kept of it, before anything is kept; `undefined` means that it is not of interest. Copy what you use:
   * whatever you keep a reference to stays in memory whole. `apiVersion` and `kind` are missing in pages. It runs once for each version
   * of an object; if it throws, that is logged and the last good value stays.
   */
  readonly project: (raw: KubeObject) => P | undefined;
  /** Objects in a page, where pages are used. Default 200. */
  readonly pageSize?: number;
  /** A watch that is silent for so long is taken for dead. Bookmarks come about once a minute. Default 90 s. */
  readonly inactivityMs?: number;
  /** The same while a list streams; past it pages are used, for servers that ignore the wish for one. Default 15 s. */
  readonly initialInactivityMs?: number;
  /** Delay after the first failure, doubled for each further one. Default 250 ms. */
  readonly backoffBaseMs?: number;
  /** Longest delay between two tries, unless the server asks for more. Default 15 s. */
  readonly backoffMaxMs?: number;
  /** Longest line of a watch. An object in etcd has at most 1.5 MiB. Default 8 MiB. */
  readonly lineBytesMax?: number;
}

/** The options with their defaults in place. */
export interface ReflectorSettings {
  readonly path: string;
  readonly selectors: Readonly<Record<string, string | undefined>>;
  readonly pageSize: number;
  readonly inactivityMs: number;
  readonly initialInactivityMs: number;
  readonly backoff: BackoffOptions;
  readonly lineBytesMax: number;
}

/** Puts the defaults in. */
export function completeReflectorOptions<P>(options: ReflectorOptions<P>): ReflectorSettings {
  const { path, labelSelector, fieldSelector } = options;
  return {
    path,
    selectors: { labelSelector, fieldSelector },
    pageSize: options.pageSize ?? 200,
    inactivityMs: options.inactivityMs ?? 90_000,
    initialInactivityMs: options.initialInactivityMs ?? 15_000,
    backoff: { baseMs: options.backoffBaseMs ?? 250, maxMs: options.backoffMaxMs ?? 15_000 },
    lineBytesMax: options.lineBytesMax ?? 8 * 1024 * 1024,
  };
}
