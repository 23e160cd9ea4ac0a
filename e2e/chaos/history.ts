import { request } from 'node:https';
import type { Upstream } from './misbehaving-proxy.ts';
import {
  BROKEN,
  keyOf,
  mayShare,
  type PoolObject,
  type ServiceObject,
  shownBy,
  whyNotKeep,
} from './cluster-model.ts';

/** One state that an object had, from this revision of the store on. */
export interface Version<T> {
  readonly revision: bigint;
  /** When the watch brought it. */
  readonly atMs: number;
  /** `undefined`: it was deleted. */
  readonly object: T | undefined;
}

interface WatchLine {
  readonly type: string;
  readonly object: { readonly metadata: { readonly resourceVersion: string } };
}

/**
 * A decision may rest on what the pools were so much earlier: news of them comes late, and the write of the decision too. The spec of the
 * Service itself is never old, because a write names the version that it is for.
 */
const LAG_MS = 3_000;

/**
 * Everything that Services and pools ever were, by watches straight from the API server. Revisions are those of its one store, so
 * changes of different kinds have an order among them.
 */
export class History {
  readonly services = new Map<string, Version<ServiceObject>[]>();
  readonly pools = new Map<string, Version<PoolObject>[]>();
  readonly #requests: { destroy(): void }[] = [];
  #failure: Error | undefined;
  #seen = 0n;

  /** Follows all Services whose namespace is among these, and the pools of one namespace, from a revision on. */
  follow(
    upstream: Upstream,
    namespaces: readonly string[],
    poolNamespace: string,
    revision: string,
  ): void {
    for (const namespace of namespaces) {
      this.#watch(upstream, `/api/v1/namespaces/${namespace}/services`, revision, (object, gone) =>
        this.addService(object as ServiceObject, gone),
      );
    }
    const path = `/apis/metallb.io/v1beta1/namespaces/${poolNamespace}/ipaddresspools`;
    this.#watch(upstream, path, revision, (object, gone) =>
      this.addPool(object as PoolObject, gone),
    );
  }

  /** The highest revision that a watch brought. Throws where one of them failed. */
  get seen(): bigint {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#seen;
  }

  addService(service: ServiceObject, gone: boolean): void {
    // By uid: one that was deleted and made again is another one.
    add(this.services, `${keyOf(service)} ${service.metadata.uid}`, service, gone);
  }

  addPool(pool: PoolObject, gone: boolean): void {
    // A pool that was made wrong on purpose counts as it was before.
    if (!gone && pool.metadata.annotations?.[BROKEN] !== undefined) return;
    add(this.pools, pool.metadata.name, pool, gone);
  }

  [Symbol.dispose](): void {
    for (const each of this.#requests) each.destroy();
  }

  #watch(
    upstream: Upstream,
    path: string,
    revision: string,
    take: (object: unknown, gone: boolean) => void,
  ): void {
    const url = new URL(`${path}?watch=1&resourceVersion=${revision}`, upstream.url);
    let rest = '';
    const sent = request(
      url,
      { ca: upstream.ca, headers: { authorization: `Bearer ${upstream.token}` } },
      (answer) => {
        if (answer.statusCode !== 200) this.#failure = new Error(`${path}: ${answer.statusCode}`);
        answer.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const { type, object } = JSON.parse(line) as WatchLine;
            if (type === 'ERROR') {
              this.#failure = new Error(`watch of ${path}: ${line}`);
              continue;
            }
            take(object, type === 'DELETED');
            const seen = BigInt(object.metadata.resourceVersion);
            if (seen > this.#seen) this.#seen = seen;
          }
        });
        answer.on('error', () => undefined);
      },
    );
    sent.on('error', () => undefined);
    sent.end();
    this.#requests.push(sent);
  }
}

function add<T extends WatchLine['object']>(
  into: Map<string, Version<T>[]>,
  key: string,
  object: T,
  gone: boolean,
): void {
  const versions = into.get(key) ?? [];
  into.set(key, versions);
  const revision = BigInt(object.metadata.resourceVersion);
  versions.push({ revision, atMs: performance.now(), object: gone ? undefined : object });
}

/** Each address that a living Service lost although nothing gave a reason for it, in words. */
export function lossesWithoutCause(history: History): readonly string[] {
  return [...history.services].flatMap(([key, versions]) =>
    versions.slice(1).flatMap((version, index) => {
      const before = versions[index]?.object;
      const now = version.object;
      if (before === undefined || now === undefined) return [];
      const after = shownBy(now);
      const lost = shownBy(before).filter((address) => !after.includes(address));
      return lost
        .filter((address) => !hadCause(history, key, address, index))
        .map(
          (address) =>
            `${key} lost ${address} at revision ${version.revision} without a cause; it then showed ${after.join() || 'nothing'}`,
        );
    }),
  );
}

/**
 * Whether anything from when the Service came to show the address until it lost it, `last` being the index of its last version with
 * it, speaks against it: its own spec, the pools, or somebody else who showed the same address without a right to share it. Of such two, one must
 * have changed, or had to leave the address: that both came to it without that is no excuse, but the fault itself.
 */
function hadCause(history: History, key: string, address: string, last: number): boolean {
  const versions = history.services.get(key) ?? [];
  let first = last;
  while (first > 0 && has(versions[first - 1]?.object, address)) first--;
  const from = versions[first]?.revision ?? 0n;
  const until = versions[last + 1]?.revision ?? 0n;
  // The version that no longer shows the address counts as well: the spec may have changed in between.
  const own = versions.slice(first, last + 2).flatMap(({ object }) => object ?? []);
  const sinceMs = (versions[first]?.atMs ?? 0) - LAG_MS;
  const configs = poolsBetween(history, from, until, sinceMs);
  const shown = shownBy(own[0] as ServiceObject);
  return (
    own.some((service) =>
      configs.some(
        (pools) => whyNotKeep(service, [...shownOr(service, shown)], pools) !== undefined,
      ),
    ) ||
    rivals(history, key, address, from, until).some(
      (rival) =>
        rival.some((other) => own.some((service) => !mayShare(service, other))) &&
        (haveChanged(own) ||
          haveChanged(rival) ||
          rival.some((other) =>
            configs.some((pools) => whyNotKeep(other, shownBy(other), pools) !== undefined),
          )),
    )
  );
}

/** Whether what a Service asks for was not always the same. */
function haveChanged(versions: readonly ServiceObject[]): boolean {
  const wishes = versions.map(({ metadata, spec }) => {
    const { 'metallb.io/ip-allocated-from-pool': _ours, ...annotations } =
      metadata.annotations ?? {};
    return JSON.stringify([annotations, metadata.labels, spec]);
  });
  return new Set(wishes).size > 1;
}

function has(service: ServiceObject | undefined, address: string): boolean {
  return service !== undefined && shownBy(service).includes(address);
}

function shownOr(service: ServiceObject, otherwise: readonly string[]): readonly string[] {
  const shown = shownBy(service);
  return shown.some((address) => otherwise.includes(address)) ? shown : otherwise;
}

/** Every set of pools that was there at some moment between two revisions, or came up since a time before that. */
function poolsBetween(
  history: History,
  from: bigint,
  until: bigint,
  sinceMs: number,
): readonly PoolObject[][] {
  const moments = [from];
  for (const versions of history.pools.values()) {
    for (const { revision, atMs } of versions)
      if (revision < until && (revision > from || atMs >= sinceMs)) moments.push(revision);
  }
  return moments.map((moment) =>
    [...history.pools.values()].flatMap((versions) => at(versions, moment) ?? []),
  );
}

function at<T>(versions: readonly Version<T>[], moment: bigint): T | undefined {
  return versions.findLast(({ revision }) => revision <= moment)?.object;
}

/** Of each other Service that showed the address between two revisions, what it was then, and what it became. */
function rivals(
  history: History,
  key: string,
  address: string,
  from: bigint,
  until: bigint,
): readonly (readonly ServiceObject[])[] {
  return [...history.services]
    .filter(([other]) => other !== key)
    .map(([, versions]) => {
      const first = versions.findIndex(({ revision, object }, index) => {
        const next = versions[index + 1]?.revision ?? until;
        return revision < until && next > from && has(object, address);
      });
      if (first < 0) return [];
      return versions
        .slice(first)
        .filter(({ revision }) => revision < until)
        .flatMap(({ object }) => object ?? []);
    })
    .filter((rival) => rival.length > 0);
}
