import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KubeApiError, type KubeApi, type KubeObject } from './kube-api.ts';
import { waitFor } from './wait-for.ts';

/** What applying an object did. */
export interface Applied {
  readonly object: KubeObject;
  readonly outcome: 'created' | 'configured';
  /** As kubectl names it: `ipaddresspool.metallb.io/my-pool`. */
  readonly name: string;
}

interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Objects of a YAML text with one or more documents. Throws an error that names the line where it is no YAML. */
export function parseManifests(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const object = document.toJS() as KubeObject | null | undefined;
    return object === null || object === undefined ? [] : [object];
  });
}

/** Objects of all YAML files of a folder, in the order of their names. */
export function readManifests(folder: string): readonly KubeObject[] {
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.sort().flatMap((name) => parseManifests(readFileSync(join(folder, name), 'utf8')));
}

/** Creates objects, or merges them into those that exist. It knows their paths from the server's own discovery. */
export class Applier {
  readonly #api: KubeApi;
  readonly #resources = new Map<string, readonly ApiResource[]>();

  constructor(api: KubeApi) {
    this.#api = api;
  }

  /**
   * Applies objects in their order. A CustomResourceDefinition is waited for until it is served. Rejects with the server's
   * words where it refuses one.
   */
  async apply(objects: readonly KubeObject[]): Promise<readonly Applied[]> {
    const applied: Applied[] = [];
    for (const object of objects) applied.push(await this.#applyOne(object));
    return applied;
  }

  /** The path of an object, `default` being its namespace where it names none. */
  async pathOf(object: KubeObject): Promise<string> {
    const resource = await this.#resource(object.apiVersion, object.kind);
    return `${collection(object, resource)}/${object.metadata.name}`;
  }

  async #applyOne(object: KubeObject): Promise<Applied> {
    const resource = await this.#resource(object.apiVersion, object.kind);
    const folder = collection(object, resource);
    const path = `${folder}/${object.metadata.name}`;
    const before = await this.#find(path);
    const outcome = before === undefined ? 'created' : 'configured';
    const written =
      before === undefined
        ? await this.#api.create<KubeObject>(folder, object)
        : await this.#api.patch<KubeObject>(path, object);
    if (object.kind === 'CustomResourceDefinition') await this.#untilServed(object);
    const group = object.apiVersion.includes('/')
      ? `.${object.apiVersion.split('/')[0] ?? ''}`
      : '';
    return {
      object: written,
      outcome,
      name: `${object.kind.toLowerCase()}${group}/${object.metadata.name}`,
    };
  }

  async #find(path: string): Promise<KubeObject | undefined> {
    try {
      return await this.#api.get<KubeObject>(path);
    } catch (error) {
      if (error instanceof KubeApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #untilServed(definition: KubeObject): Promise<void> {
    const spec = definition['spec'] as {
      group: string;
      names: { kind: string };
      versions: readonly { name: string }[];
    };
    const apiVersion = `${spec.group}/${spec.versions[0]?.name ?? ''}`;
    await waitFor(`${spec.names.kind} to be served`, async () => {
      this.#resources.delete(apiVersion);
      const served = await this.#resource(apiVersion, spec.names.kind);
      await this.#api.get(`/apis/${apiVersion}/${served.name}`);
      return true;
    });
  }

  async #resource(apiVersion: string, kind: string): Promise<ApiResource> {
    let known = this.#resources.get(apiVersion);
    if (known === undefined) {
      const root = apiVersion.includes('/') ? '/apis' : '/api';
      known = (await this.#api.get<{ resources: readonly ApiResource[] }>(`${root}/${apiVersion}`))
        .resources;
      this.#resources.set(apiVersion, known);
    }
    const found = known.find((each) => each.kind === kind && !each.name.includes('/'));
    if (found === undefined) throw new Error(`the server has no ${kind} in ${apiVersion}`);
    return found;
  }
}

function collection(object: KubeObject, resource: ApiResource): string {
  const root = object.apiVersion.includes('/') ? '/apis' : '/api';
  const scope = resource.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
  return `${root}/${object.apiVersion}${scope}/${resource.name}`;
}
