import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '../lab/wait-for.ts';
import { OURS, type Router, type RouterConfig, RouterProcess, type ShownRoute } from './router.ts';

interface JsonPath {
  readonly path?: string;
  readonly aspath?: { readonly string: string };
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
  readonly community?: { readonly list: readonly string[] };
}

/** FRR (Debian: frr): zebra, which knows the interfaces, and bgpd. */
export class Frr implements Router {
  readonly name = 'FRR';
  readonly program = '/usr/lib/frr/bgpd';
  readonly keepsRoutes = true;
  #process = new RouterProcess();
  #peer = '';

  async start(config: RouterConfig): Promise<void> {
    this.#process = new RouterProcess();
    this.#peer = config.unnumbered === true ? 'bgp0' : OURS[config.over];
    const { folder } = this.#process;
    const file = path.join(folder, 'bgpd.conf');
    writeFileSync(file, configuration(config));
    const empty = path.join(folder, 'zebra.conf');
    writeFileSync(empty, '');
    // Its daemons run as the user that the package made.
    chmodSync(folder, 0o777);
    const common = ['--vty_port', '0', '--log', 'stdout', '--vty_socket', folder];
    const places = (name: string): string[] => ['-i', path.join(folder, `${name}.pid`)];
    const zebra = ['-z', path.join(folder, 'zserv')];
    this.#process.start([
      '/usr/lib/frr/zebra',
      '-f',
      empty,
      ...common,
      ...places('zebra'),
      ...zebra,
    ]);
    await waitFor('zebra', () => this.#vtysh('zebra', 'show version'));
    this.#process.start([this.program, '-f', file, ...common, ...places('bgpd'), ...zebra]);
    await waitFor('bgpd', () => this.#show('show version'));
    await waitFor('the interface', () =>
      this.#vtysh('zebra', 'show interface bgp0').includes('is up'),
    );
  }

  routes(family: 'ipv4' | 'ipv6'): Map<string, ShownRoute> {
    const table = JSON.parse(
      this.#show(`show bgp ${family} unicast neighbors ${this.#peer} routes json`),
    ) as { readonly routes?: Readonly<Record<string, unknown>> };
    return new Map(
      Object.keys(table.routes ?? {}).map((prefix) => [prefix, this.#one(family, prefix)]),
    );
  }

  #one(family: string, prefix: string): ShownRoute {
    const shown = JSON.parse(this.#show(`show bgp ${family} unicast ${prefix} json`)) as {
      readonly paths: readonly JsonPath[];
    };
    const [first] = shown.paths;
    const hop = first?.nexthops.find(({ scope }) => scope !== 'link-local');
    return {
      nextHop: hop?.ip ?? '',
      asPath: (first?.aspath?.string ?? '').replace('Local', ''),
      communities: first?.community?.list ?? [],
    };
  }

  isEstablished(): boolean {
    return this.#show(`show bgp neighbors ${this.#peer}`).includes('BGP state = Established');
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  #show(command: string): string {
    return this.#vtysh('bgpd', command);
  }

  #vtysh(daemon: string, command: string): string {
    const { folder } = this.#process;
    return this.#process.run(['vtysh', '--vty_socket', folder, '-d', daemon, '-c', command]);
  }
}

function configuration(config: RouterConfig): string {
  const { unnumbered = false } = config;
  const peer = `neighbor ${unnumbered ? 'bgp0' : OURS[config.over]}`;
  const families = (['ipv4', 'ipv6'] as const).map((family) => {
    const networks = (config.announces ?? [])
      .filter((prefix) => prefix.includes(':') === (family === 'ipv6'))
      .map((prefix) => `  network ${prefix}`);
    const lines = [`  ${peer} activate`, ...networks, ' exit-address-family'];
    return [` address-family ${family} unicast`, ...lines].join('\n');
  });
  const options: (string | false)[] = [
    `${peer} ${unnumbered ? 'interface remote-as external' : `remote-as ${OURS.asn}`}`,
    `${peer} timers connect 1`,
    // Else it may think for half a minute before it tells its routes.
    `${peer} advertisement-interval 0`,
    config.holdTimeS !== undefined &&
      `${peer} timers ${Math.floor(config.holdTimeS / 3)} ${config.holdTimeS}`,
    config.password !== undefined && `${peer} password ${config.password}`,
    config.passive === true && `${peer} passive`,
    config.ttlSecurity === true && `${peer} ttl-security hops 1`,
    config.gracefulRestart === true && 'bgp graceful-restart',
  ];
  return `
router bgp ${config.asn}
 bgp router-id 192.0.2.2
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
${options.flatMap((line) => (line === false ? [] : [` ${line}`])).join('\n')}
${families.join('\n')}
`;
}
