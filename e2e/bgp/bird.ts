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

/** BIRD 2 (Debian: bird2). */
export class Bird implements Router {
  readonly name = 'BIRD';
  readonly program = '/usr/sbin/bird';
  readonly keepsRoutes = true;
  #process = new RouterProcess();

  async start(config: RouterConfig): Promise<void> {
    this.#process = new RouterProcess();
    const { folder } = this.#process;
    const file = path.join(folder, 'bird.conf');
    writeFileSync(file, configuration(config));
    const places = ['-c', file, '-s', this.#socket, '-P', path.join(folder, 'pid')];
    this.#process.start([this.program, '-f', ...places]);
    await waitFor('bird', () => this.#show('show status').includes('up and running'));
  }

  routes(family: 'ipv4' | 'ipv6'): Map<string, ShownRoute> {
    const shown = this.#show(`show route table master${family.at(-1)} protocol ours all`);
    const routes = new Map<string, ShownRoute>();
    for (const block of shown.split(/^(?=\S+\/\d+)/m).slice(1)) {
      const field = (name: string): string =>
        new RegExp(`${name}: ?(.*)`).exec(block)?.[1]?.trim() ?? '';
      const communities = field('BGP.community').matchAll(/\((\d+),(\d+)\)/g);
      routes.set(block.split(/\s/)[0] ?? '', {
        // A global address first, which may be missing, then a link-local one.
        nextHop:
          field('BGP.next_hop')
            .split(' ')
            .find((each) => each !== '::') ?? '',
        asPath: field('BGP.as_path'),
        communities: Array.from(communities, ([, high, low]) => `${high}:${low}`),
      });
    }
    return routes;
  }

  isEstablished(): boolean {
    return /BGP state:\s+Established/.test(this.#show('show protocols all ours'));
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  get #socket(): string {
    return path.join(this.#process.folder, 'control');
  }

  #show(command: string): string {
    return this.#process.run(['birdc', '-s', this.#socket, ...command.split(' ')]);
  }
}

function configuration(config: RouterConfig): string {
  const of = (family: string): string[] =>
    (config.announces ?? [])
      .filter((prefix) => prefix.includes(':') === (family === 'ipv6'))
      .map((prefix) => `  route ${prefix} blackhole;`);
  const statics = ['ipv4', 'ipv6'].map(
    (family) => `protocol static fixed${family} {\n  ${family};\n${of(family).join('\n')}\n}`,
  );
  const options: (string | false)[] = [
    config.password !== undefined && `password "${config.password}"`,
    config.holdTimeS !== undefined && `hold time ${config.holdTimeS}`,
    config.passive === true && 'passive on',
    config.ttlSecurity === true && 'ttl security on',
    config.gracefulRestart === true && 'graceful restart on',
  ];
  const extended = config.over === 'linkLocal' ? 'extended next hop on; ' : '';
  return `
router id 192.0.2.2;
protocol device { }
${statics.join('\n')}
protocol bgp ours {
  local ${THEIRS[config.over].replace('%bgp0', '')} as ${config.asn};
  neighbor ${OURS[config.over]} as ${OURS.asn};
  connect delay time 1;
  connect retry time 1;
  error wait time 1, 2;
${options.flatMap((line) => (line === false ? [] : [`  ${line};`])).join('\n')}
  ipv4 { import all; export where source = RTS_STATIC; next hop self; ${extended}};
  ipv6 { import all; export where source = RTS_STATIC; next hop self; };
}
`;
}
