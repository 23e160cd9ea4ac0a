import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '../lab/wait-for.ts';
import {
  OURS,
  type Router,
  type RouterConfig,
  RouterProcess,
  type ShownRoute,
  THEIRS,
} from './router.ts';

interface JsonPath {
  readonly 'neighbor-ip'?: string;
  readonly attrs: readonly {
    readonly type: number;
    readonly nexthop?: string;
    readonly as_paths?: readonly { readonly asns: readonly number[] }[];
    readonly communities?: readonly number[];
  }[];
}

/** GoBGP 3 (Debian: gobgpd). */
export class GoBgp implements Router {
  readonly name = 'GoBGP';
  readonly program = '/usr/bin/gobgpd';
  readonly keepsRoutes = true;
  #process = new RouterProcess();
  #peer = '';

  async start(config: RouterConfig): Promise<void> {
    this.#process = new RouterProcess();
    this.#peer = OURS[config.over];
    const file = path.join(this.#process.folder, 'gobgpd.toml');
    writeFileSync(file, configuration(config));
    this.#process.start([this.program, '-f', file, '--api-hosts', '127.0.0.1:50051']);
    await waitFor('gobgpd', () => this.#json(['global']));
    for (const prefix of config.announces ?? []) {
      const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
      const next = ['nexthop', THEIRS[family]];
      this.#process.run(['gobgp', 'global', 'rib', 'add', '-a', family, prefix, ...next]);
    }
  }

  routes(family: 'ipv4' | 'ipv6'): Map<string, ShownRoute> {
    const shown = this.#json(['global', 'rib', '-a', family]) as Readonly<
      Record<string, readonly JsonPath[]>
    >;
    return new Map(
      Object.entries(shown).flatMap(([prefix, paths]) => {
        const ours = paths.find((each) => each['neighbor-ip'] === this.#peer);
        return ours === undefined ? [] : [[prefix, shownRoute(ours)] as const];
      }),
    );
  }

  isEstablished(): boolean {
    return /BGP state = ESTABLISHED/.test(this.#process.run(['gobgp', 'neighbor', this.#peer]));
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  #json(words: readonly string[]): unknown {
    return JSON.parse(this.#process.run(['gobgp', '-j', ...words]));
  }
}

function shownRoute({ attrs }: JsonPath): ShownRoute {
  const find = (type: number) => attrs.find((attribute) => attribute.type === type);
  return {
    nextHop: (find(3) ?? find(14))?.nexthop ?? '',
    asPath: (find(2)?.as_paths ?? []).flatMap(({ asns }) => asns).join(' '),
    communities: (find(8)?.communities ?? []).map((all) => `${all >>> 16}:${all & 0xffff}`),
  };
}

function configuration(config: RouterConfig): string {
  const { asn, over, password, holdTimeS, passive, ttlSecurity, gracefulRestart } = config;
  const restart =
    gracefulRestart === true
      ? '    [neighbors.afi-safis.mp-graceful-restart.config]\n      enabled = true\n'
      : '';
  const lines = (['ipv4', 'ipv6'] as const).map(
    (family) =>
      `  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "${family}-unicast"\n${restart}`,
  );
  return `
[global.config]
  as = ${asn}
  router-id = "192.0.2.2"
  local-address-list = ["${THEIRS[over]}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${OURS[over]}"
    peer-as = ${OURS.asn}
${password === undefined ? '' : `    auth-password = "${password}"`}
  [neighbors.transport.config]
    local-address = "${THEIRS[over]}"
    passive-mode = ${passive === true}
${ttlSecurity === true ? '  [neighbors.ttl-security.config]\n    enabled = true\n    ttl-min = 255' : ''}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
${holdTimeS === undefined ? '' : `    hold-time = ${holdTimeS}\n    keepalive-interval = ${Math.floor(holdTimeS / 3)}`}
${gracefulRestart === true ? '  [neighbors.graceful-restart.config]\n    enabled = true\n    restart-time = 60' : ''}
${lines.join('\n')}
`;
}
