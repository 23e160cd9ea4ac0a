// Runs an image as Kubernetes would: crun with the configuration that containerd writes for a Pod's securityContext. The network is the
// caller's, as with hostNetwork.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, tryRun, type Finished } from '../lab/run.ts';
import type { Image, LayoutReader } from './layout-reader.ts';

/** Images unpacked as containerd does it: each layer into a folder of its own, once, and an overlay of them for each image. */
export class Snapshots implements AsyncDisposable {
  readonly #folder: string;
  readonly #layers = new Map<string, string>();
  readonly #mounted: string[] = [];

  /** `folder`: deleted by the caller, afterwards. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Mounts the image's files, with the capabilities that they have, and gives the folder. */
  async mount(layout: LayoutReader, image: Image): Promise<string> {
    const lower: string[] = [];
    for (const { digest } of image.layers) lower.unshift(await this.#unpack(layout, digest));
    const place = path.join(this.#folder, `image-${this.#mounted.length}`);
    const [root = '', upper = '', work = ''] = ['root', 'upper', 'work'].map((name) =>
      madeFolder(path.join(place, name)),
    );
    const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
    await run(['mount', '-t', 'overlay', 'overlay', '-o', options, root]);
    this.#mounted.push(root);
    return root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const root of this.#mounted) await run(['umount', root]);
    this.#mounted.length = 0;
  }

  async #unpack(layout: LayoutReader, digest: string): Promise<string> {
    const known = this.#layers.get(digest);
    if (known !== undefined) return known;
    const folder = madeFolder(path.join(this.#folder, `layer-${this.#layers.size}`));
    const options = ['--xattrs', '--xattrs-include=security.capability', '--same-owner'];
    await run(['tar', '-xzp', ...options, '-f', layout.pathOf(digest), '-C', folder]);
    this.#layers.set(digest, folder);
    return folder;
  }
}

function madeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The parts of a securityContext that matter here, in Kubernetes' words. */
interface SecurityContext {
  /** Absent: the image's. */
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation: boolean;
  /** All others are dropped. */
  readonly capabilities: readonly string[];
}

export interface ContainerOptions {
  readonly image: Image;
  readonly rootfs: string;
  readonly security: SecurityContext;
  readonly args: readonly string[];
  readonly env?: readonly string[];
  /** Instead of the image's entrypoint. */
  readonly entrypoint?: readonly string[];
  /** Read-only binds of files and folders from outside, by their path inside. */
  readonly binds?: Readonly<Record<string, string>>;
}

let started = 0;

/** A container that is to be run, once. `scratch`: a folder that is deleted by the caller. */
export class Container {
  readonly #id: string;
  readonly #runtime: readonly [string, ...string[]];
  readonly #command: readonly [string, ...string[]];

  constructor(scratch: string, options: ContainerOptions) {
    started += 1;
    const bundle = path.join(scratch, `container-${started}`);
    mkdirSync(bundle, { recursive: true });
    writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(configOf(options)));
    this.#id = `picluster-test-${started}`;
    // Without cgroups: a container's limits are not what is tested, and the machine's cgroups are not ours.
    this.#runtime = ['crun', '--cgroup-manager=disabled', `--root=${path.join(scratch, 'crun')}`];
    this.#command = [...this.#runtime, 'run', `--bundle=${bundle}`, this.#id];
  }

  /** The lines of `/proc/<pid>/status` of its first process, by their names. */
  async status(): Promise<ReadonlyMap<string, string>> {
    const state = JSON.parse(await run([...this.#runtime, 'state', this.#id])) as { pid: number };
    return statusLines(readFileSync(`/proc/${state.pid}/status`, 'utf8'));
  }

  /** Runs it to its end. */
  async toTheEnd(): Promise<Finished> {
    return await tryRun(this.#command, { timeoutMs: 60_000 });
  }

  /** Starts it; what it writes goes to `log`. */
  start(log: string[]): ChildProcess {
    const [program, ...words] = this.#command;
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void log.push(text));
    return child;
  }
}

/** The lines of a `status` file of /proc, by their names. */
export function statusLines(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').map((line): [string, string] => {
      const [name = '', ...values] = line.split(/:?\s+/);
      return [name, values.join(' ')];
    }),
  );
}

/** As containerd: an added capability is permitted and effective, never inheritable or ambient. */
function configOf(options: ContainerOptions): object {
  const { image, security, rootfs } = options;
  const { User, Entrypoint, Env, WorkingDir } = image.config.config;
  const [imageUser = '0', imageGroup = '0'] = User.split(':');
  const uid = security.runAsUser ?? Number(imageUser);
  const capabilities = security.capabilities.map((name) => `CAP_${name}`);
  return {
    ociVersion: '1.0.2',
    root: { path: rootfs, readonly: true },
    process: {
      user: { uid, gid: uid === 0 ? 0 : Number(imageGroup) },
      args: [...(options.entrypoint ?? Entrypoint), ...options.args],
      env: [...Env, ...(options.env ?? [])],
      cwd: WorkingDir,
      noNewPrivileges: !security.allowPrivilegeEscalation,
      capabilities: { bounding: capabilities, permitted: capabilities, effective: capabilities },
    },
    mounts: [...systemMounts, ...Object.entries(options.binds ?? {}).map(bindMount)],
    linux: {
      namespaces: [{ type: 'pid' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }],
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/sys',
    type: 'bind',
    source: '/sys',
    options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'],
  },
];

function bindMount([destination, source]: [string, string]): object {
  return { destination, source, type: 'bind', options: ['rbind', 'ro'] };
}
