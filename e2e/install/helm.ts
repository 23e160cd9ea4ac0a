import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureHelm } from '../../scripts/helm.mjs';
import { run, tryRun, type Finished } from '../lab/run.ts';

/** Folder of the chart. */
export const CHART = fileURLToPath(new URL('../../deploy/charts/picluster', import.meta.url));

const LIMIT_MS = 90_000;

/** Real helm, on one cluster or on none. */
export class Helm {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(program: string, env: Readonly<Record<string, string>>) {
    this.#program = program;
    this.#env = env;
  }

  /** `folder` takes what helm itself writes. Without a kubeconfig there is no cluster: then it renders and lints. */
  static async find(options: { folder: string; kubeconfig?: string }): Promise<Helm> {
    const { folder, kubeconfig = '/dev/null' } = options;
    return new Helm(await ensureHelm(), {
      HELM_CACHE_HOME: path.join(folder, 'cache'),
      HELM_CONFIG_HOME: path.join(folder, 'config'),
      HELM_DATA_HOME: path.join(folder, 'data'),
      KUBECONFIG: kubeconfig,
    });
  }

  /** Runs helm with the given words; `values` are handed over with `--values`. Rejects with what it wrote where it fails. */
  async run(words: readonly string[], values?: object): Promise<string> {
    return await run(this.#command(words, values), this.#options(values));
  }

  /** Runs helm where it may fail. */
  async try(words: readonly string[], values?: object): Promise<Finished> {
    return await tryRun(this.#command(words, values), this.#options(values));
  }

  #command(words: readonly string[], values: object | undefined): [string, ...string[]] {
    return [this.#program, ...words, ...(values === undefined ? [] : ['--values=-'])];
  }

  #options(values: object | undefined): Parameters<typeof run>[1] {
    const input = values === undefined ? '' : JSON.stringify(values);
    return { env: this.#env, input, timeoutMs: LIMIT_MS };
  }
}
