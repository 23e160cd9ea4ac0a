import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Our end of the cable to the router, and the router's: in both families, and on the link. */
export const OURS = {
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  linkLocal: 'fe80::1%bgp0',
  asn: 64_512,
} as const;
export const THEIRS = {
  ipv4: '192.0.2.2',
  ipv6: '2001:db8::2',
  linkLocal: 'fe80::2%bgp0',
} as const;
const NAMESPACE = 'router';

/** What a router is to be. */
export interface RouterConfig {
  readonly asn: number;
  /** The session's addresses. */
  readonly over: 'ipv4' | 'ipv6' | 'linkLocal';
  /** The router is told no address of ours, only the interface. */
  readonly unnumbered?: boolean;
  readonly password?: string;
  readonly holdTimeS?: number;
  /** The router waits for us. */
  readonly passive?: boolean;
  readonly ttlSecurity?: boolean;
  readonly gracefulRestart?: boolean;
  /** What it announces to us, of either family. */
  readonly announces?: readonly string[];
}

/** A route as the router's own `show` command prints it. */
export interface ShownRoute {
  readonly nextHop: string;
  readonly asPath: string;
  readonly communities: readonly string[];
}

/** A router from Debian's packages in a namespace of its own. */
export interface Router {
  readonly name: string;
  /** The program that must be there. */
  readonly program: string;
  /** Whether it can keep routes of a peer that restarts. */
  readonly keepsRoutes: boolean;
  start(config: RouterConfig): Promise<void>;
  /** What it has of us, by its `show` command. */
  routes(family: 'ipv4' | 'ipv6'): Map<string, ShownRoute>;
  /** Whether it says that the session is established. */
  isEstablished(): boolean;
  /** Ends it as an operator does. */
  stop(): Promise<void>;
  /** Ends it, or stops or continues it, as `kill` does. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

/** Makes the cable and the router's namespace; where `unnumbered`, with link-local addresses alone. */
export function plugIn({ unnumbered = false }: { readonly unnumbered?: boolean } = {}): void {
  ip(`netns add ${NAMESPACE}`);
  ip(`link add bgp0 type veth peer name bgp0 netns ${NAMESPACE}`);
  for (const [words, { ipv4, ipv6, linkLocal }] of [
    ['', OURS],
    [`-netns ${NAMESPACE} `, THEIRS],
  ] as const) {
    ip(`${words}link set lo up`);
    if (!unnumbered) {
      ip(`${words}address add ${ipv4}/24 dev bgp0`);
      ip(`${words}address add ${ipv6}/64 dev bgp0 nodad`);
    } else ip(`${words}link set bgp0 addrgenmode none`);
    ip(`${words}address add ${linkLocal.replace('%bgp0', '/64')} dev bgp0 nodad`);
    ip(`${words}link set bgp0 up`);
  }
  // It would take a default router from whoever offers one.
  if (unnumbered) ip(`netns exec ${NAMESPACE} sysctl -qw net.ipv6.conf.bgp0.accept_ra=2`);
}

/** Takes both away. */
export function unplug(): void {
  ip('link delete bgp0');
  ip(`netns delete ${NAMESPACE}`);
}

/** The next hops of a route in the kernel of the router, `via` and an interface; none: it has no such route. */
export function installed(prefix: string): readonly string[] {
  const family = prefix.includes(':') ? '-6' : '-4';
  const shown = ip(`-netns ${NAMESPACE} ${family} -json route show ${prefix}`);
  const routes = JSON.parse(shown || '[]') as readonly {
    readonly gateway?: string;
    readonly via?: { readonly host: string };
    readonly dev: string;
  }[];
  return routes.map(({ gateway, via, dev }) => `${via?.host ?? gateway} ${dev}`);
}

function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8', stdio: 'pipe' });
}

/** A process of the router, in its namespace; what it prints is in a file, and in the error when it ends too early. */
export class RouterProcess {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), 'router-'));
  readonly #namespace: string;
  readonly #children: ChildProcess[] = [];

  /** `namespace`: another one than the router's. */
  constructor(namespace: string = NAMESPACE) {
    this.#namespace = namespace;
  }

  /** Starts a program. */
  start(words: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const log = openSync(path.join(this.folder, 'log'), 'a');
    const child = spawn('ip', ['netns', 'exec', this.#namespace, ...words], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    this.#children.push(child);
  }

  /** Runs a command to its end, and gives what it printed. */
  run(words: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.#namespace, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  get log(): string {
    return readFileSync(path.join(this.folder, 'log'), 'utf8');
  }

  signal(name: NodeJS.Signals): void {
    for (const child of this.#children) child.kill(name);
  }

  async end(name: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill(name);
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exit;
      clearTimeout(late);
    }
  }
}

/** Whether a program is there: on the path, or at its place. */
export function isInstalled(program: string): boolean {
  if (!program.startsWith('/')) {
    const folders = (process.env['PATH'] ?? '').split(':');
    return folders.some((folder) => isInstalled(path.join('/', folder, program)));
  }
  try {
    accessSync(program);
    return true;
  } catch {
    return false;
  }
}
