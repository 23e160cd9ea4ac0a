// Debian packages for any architecture, by apt's own indexes and signatures, without installing anything or touching apt's state.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DebianInput } from './inputs.ts';
import type { Architecture } from './oci.ts';
import { BuildError, run } from './run.ts';
import { checksumOf, stored } from './store.ts';

/** A package whose file is on this disk. */
export interface DebianPackage extends DebianInput {
  readonly file: string;
}

/** Debian's packages for one architecture, from the sources that this machine's apt is set up with. */
export class DebianArchive {
  readonly #architecture: Architecture;
  readonly #folder: string;
  #settings: Promise<readonly string[]> | undefined;

  /** `folder`: for apt's lists; deleted by the caller. */
  constructor(architecture: Architecture, folder: string) {
    this.#architecture = architecture;
    this.#folder = path.join(folder, `apt-${architecture}`);
  }

  /** The package exactly as locked. Throws {@link BuildError} where Debian no longer offers it. */
  async locked(input: DebianInput): Promise<DebianPackage> {
    const { name, version, sha256 } = input;
    const fetch = async (): Promise<string> => {
      try {
        return await this.#download(`${name}=${version}`);
      } catch (cause) {
        throw new BuildError(
          `${name} ${version} (${this.#architecture}) cannot be had from apt: ${(cause as Error).message}\n` +
            'Debian keeps only the newest: --newer-libraries takes it for this build, --update-inputs for all.',
        );
      }
    };
    const file = await stored(`${name}.deb`, { algorithm: 'sha256', hex: sha256 }, fetch);
    return { ...input, file };
  }

  /** The package in the version that apt would install. */
  async newest(name: string): Promise<DebianPackage> {
    const file = await this.#download(name);
    const { hex: sha256 } = checksumOf('sha256', readFileSync(file));
    const version = (await run('dpkg-deb', ['--field', file, 'Version'])).trim();
    const keep = (): Promise<string> => Promise.resolve(file);
    const kept = await stored(`${name}.deb`, { algorithm: 'sha256', hex: sha256 }, keep);
    return { name, version, sha256, file: kept };
  }

  async #download(wanted: string): Promise<string> {
    const settings = await (this.#settings ??= this.#update());
    const target = path.join(this.#folder, 'download', encodeURIComponent(wanted));
    mkdirSync(target, { recursive: true });
    await run('apt-get', [...settings, 'download', wanted], { cwd: target });
    const [file] = readdirSync(target);
    if (file === undefined) throw new BuildError(`apt-get downloaded nothing for ${wanted}`);
    return path.join(target, file);
  }

  async #update(): Promise<readonly string[]> {
    const { state, cache } = {
      state: path.join(this.#folder, 'state'),
      cache: path.join(this.#folder, 'cache'),
    };
    mkdirSync(path.join(state, 'lists', 'partial'), { recursive: true });
    mkdirSync(path.join(cache, 'archives', 'partial'), { recursive: true });
    const status = path.join(state, 'status');
    writeFileSync(status, '');
    const settings = Object.entries({
      'APT::Architecture': this.#architecture,
      'APT::Architectures': this.#architecture,
      'Acquire::Languages': 'none',
      'APT::Sandbox::User': 'root',
      'Dir::State': state,
      'Dir::State::status': status,
      'Dir::Cache': cache,
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    await run('apt-get', ['-q', ...settings, 'update']);
    return settings;
  }
}

/** Unpacks a package and gives the folder. */
export async function unpack({ name, file }: DebianPackage, folder: string): Promise<string> {
  const target = path.join(folder, name);
  mkdirSync(target, { recursive: true });
  await run('dpkg-deb', ['--extract', file, target]);
  return target;
}

/** A package's own description of itself. */
export async function controlOf({ file }: DebianPackage): Promise<string> {
  return await run('dpkg-deb', ['--field', file]);
}
