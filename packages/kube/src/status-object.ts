import type { KubeClient, KubeRequest } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import type { KubeObject } from './kube-object.ts';

/** What keeping a status runs on. */
export interface StatusObjectDeps<View> {
  readonly client: Pick<KubeClient, 'request'>;
  /** What a mirror of the API server shows; `undefined`: there is no such object. */
  readonly current: () => View | undefined;
  /** Whether we may write now; asked in the turn in which the bytes leave, too. Default: always. */
  readonly entitled?: () => boolean;
}

/** Which object it is. */
export interface StatusObjectOptions<View> {
  /** Where objects of its kind are made, see `resourcePath`. */
  readonly path: string;
  /** What is made where there is none; with a name. */
  readonly manifest: KubeObject & { readonly apiVersion: string; readonly kind: string };
  /** Who the API server says has written the status. */
  readonly fieldManager: string;
  readonly project: (raw: KubeObject) => View;
}

/** An object of our own whose status says something: it is made where there is none. A cluster that lacks the kind goes without. */
export class StatusObject<View extends { readonly resourceVersion: string }> {
  readonly #deps: StatusObjectDeps<View>;
  readonly #options: StatusObjectOptions<View>;
  /** What we wrote last, and the versions before it: while the mirror still shows one of those, `after` is the truth. */
  #written: { readonly older: readonly string[]; readonly after: View } | undefined;

  constructor(deps: StatusObjectDeps<View>, options: StatusObjectOptions<View>) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * Brings the object in line. `status` is what it shall say, given what it says now; `undefined`: it says so already. Throws a {@link KubeError} where the write failed in a way
   * that another try may mend.
   */
  async show(status: (before: View) => object | undefined, signal: AbortSignal): Promise<void> {
    const { path, manifest, fieldManager, project } = this.#options;
    if (!this.#entitled()) return;
    const shown = this.#deps.current();
    let before = this.#truth(shown);
    if (before === undefined) {
      const made = await this.#send({ method: 'POST', path, body: manifest, signal });
      before = made && project(made);
    }
    const next = before && status(before);
    if (before === undefined || next === undefined || !this.#entitled()) return;
    const { resourceVersion } = before;
    const after = await this.#send({
      method: 'PATCH',
      path: `${path}/${manifest.metadata.name}/status`,
      query: { fieldManager },
      body: { metadata: { resourceVersion }, status: next },
      signal,
    });
    const older = [resourceVersion, ...(shown === undefined ? [] : [shown.resourceVersion])];
    this.#written = after && { older, after: project(after) };
  }

  /** The watch may be slower than the answers to what we write. An object that it does not show may also be one that is deleted by now: that is found out by making it. */
  #truth(shown: View | undefined): View | undefined {
    const written = this.#written;
    if (shown !== undefined && written?.older.includes(shown.resourceVersion) === true) {
      return written.after;
    }
    this.#written = undefined;
    return shown;
  }

  #entitled(): boolean {
    return this.#deps.entitled?.() ?? true;
  }

  /** `undefined` where the object, or the whole kind, is not there. */
  async #send(request: KubeRequest): Promise<KubeObject | undefined> {
    try {
      const onlyIf = (): boolean => this.#entitled();
      return await this.#deps.client.request<KubeObject>({ ...request, onlyIf });
    } catch (error) {
      if (error instanceof KubeError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}
