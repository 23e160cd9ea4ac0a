import { L2_KEY_SECRET, l2KeySecret, readL2Keys, type L2Keys } from '@picluster/daemon';
import { createIfAbsent, resourcePath, WorkQueue, type KubeClient } from '@picluster/kube';
import type { Cache } from './speaker.ts';

/** What is kept of the Secret with the keys. */
export type KeysView = L2Keys;

/** Keeps of the Secret what is used. */
export function viewKeys(raw: unknown): KeysView {
  return readL2Keys((raw as { readonly data?: Readonly<Record<string, unknown>> }).data);
}

/** What the keeper of the keys works with. */
export interface L2KeyKeeperDeps {
  readonly client: Pick<KubeClient, 'request'>;
  /** The Secret, once read. */
  readonly secrets: Cache<KeysView>;
  readonly clock: ConstructorParameters<typeof WorkQueue>[0]['clock'];
  readonly random: () => number;
  readonly log: NonNullable<ConstructorParameters<typeof WorkQueue>[0]['log']>;
}

/**
 * The keys of the heartbeats, as the Secret says. Where there is no Secret it is made: with a new key, or, where it was deleted under our
 * hands, with the keys that are in use, so that the speakers do not part. A Secret that makes no sense changes nothing but the log.
 */
export class L2KeyKeeper {
  readonly #deps: L2KeyKeeperDeps;
  readonly #namespace: string;
  readonly #queue: WorkQueue;
  readonly #known = Promise.withResolvers<void>();
  readonly #listeners: ((keys: readonly Uint8Array[]) => void)[] = [];
  #keys: readonly Uint8Array[] | undefined;
  #problem: string | undefined;

  constructor(deps: L2KeyKeeperDeps, namespace: string) {
    this.#deps = deps;
    this.#namespace = namespace;
    this.#queue = new WorkQueue(deps, { name: 'key', backoffBaseMs: 100, backoffMaxMs: 15_000 });
  }

  /** The keys in use, the first of which signs; `undefined` before the first were read. */
  get keys(): readonly Uint8Array[] | undefined {
    return this.#keys;
  }

  /** Why there are no keys, or not those that the Secret means; `undefined`: all is well. */
  problem(): string | undefined {
    return this.#problem ?? (this.#keys === undefined ? 'not read yet' : undefined);
  }

  /** Calls back with other keys from now on. */
  onKeys(listener: (keys: readonly Uint8Array[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when there are keys; rejects with the signal's reason. */
  async whenKnown(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([this.#known.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Follows the Secret until the signal aborts. Call it when the Secret was looked for once. */
  async run(signal: AbortSignal): Promise<void> {
    using _subscription = this.#deps.secrets.subscribe(() => this.#queue.add(L2_KEY_SECRET));
    this.#queue.add(L2_KEY_SECRET);
    await this.#queue.run(async () => await this.#follow(signal), signal);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, log, secrets } = this.#deps;
    const view = secrets.get(`${this.#namespace}/${L2_KEY_SECRET}`);
    if (view === undefined) {
      const path = resourcePath({ version: 'v1', plural: 'secrets', namespace: this.#namespace });
      const secret = l2KeySecret(this.#namespace, this.#keys);
      if (await createIfAbsent(client, path, secret, signal)) {
        log.info('key of the heartbeats created', { secret: L2_KEY_SECRET });
      }
    } else if (view.kind === 'problem') {
      this.#problem = `Secret ${L2_KEY_SECRET}: ${view.problem}`;
      log.warn('keys of the heartbeats not usable', {
        secret: L2_KEY_SECRET,
        namespace: this.#namespace,
        problem: view.problem,
        inUse: this.#keys === undefined ? 'none' : 'the last good ones',
      });
    } else {
      this.#use(view.keys);
    }
  }

  #use(keys: readonly Uint8Array[]): void {
    this.#problem = undefined;
    const before = this.#keys;
    this.#keys = keys;
    this.#known.resolve();
    if (before === undefined || same(before, keys)) return;
    this.#deps.log.info('keys of the heartbeats changed', { keys: keys.length });
    for (const listener of this.#listeners) listener(keys);
  }
}

function same(before: readonly Uint8Array[], now: readonly Uint8Array[]): boolean {
  const equal = (one: Uint8Array, at: number): boolean =>
    Buffer.compare(one, now[at] ?? new Uint8Array()) === 0;
  return before.length === now.length && before.every(equal);
}
