import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/** A line of its JSON. */
interface Line {
  readonly type: string;
  readonly neighbor?: {
    readonly state?: string;
    readonly message?: { readonly update?: Update };
  };
}

interface Update {
  readonly attribute?: {
    readonly 'as-path'?: readonly number[];
    readonly community?: readonly (readonly number[])[];
  };
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly Nlri[]>>>>;
  readonly withdraw?: Readonly<Record<string, readonly Nlri[]>>;
}

interface Nlri {
  readonly nlri: string;
}

/** ExaBGP 4 (Debian: exabgp). It keeps no routes: what it hears it tells another program, line by line. */
export class ExaBgp implements Router {
  readonly name = 'ExaBGP';
  readonly program = '/usr/sbin/exabgp';
  readonly keepsRoutes = false;
  #process = new RouterProcess();

  async start(config: RouterConfig): Promise<void> {
    this.#process = new RouterProcess();
    const file = path.join(this.#process.folder, 'exabgp.conf');
    writeFileSync(file, configuration(config, this.#heard));
    this.#process.start([this.program, file], {
      'exabgp.daemon.user': 'root',
      'exabgp.api.cli': 'false',
      'exabgp.tcp.bind': THEIRS[config.over],
      'exabgp.tcp.port': '179',
      'exabgp.cache.attributes': 'false',
    });
    await waitFor('exabgp', () => existsSync(this.#heard));
  }

  routes(family: 'ipv4' | 'ipv6'): Map<string, ShownRoute> {
    const routes = new Map<string, ShownRoute>();
    for (const { type, neighbor } of this.#lines()) {
      if (type === 'state' && neighbor?.state === 'down') routes.clear();
      const { attribute, announce, withdraw } = neighbor?.message?.update ?? {};
      for (const { nlri } of withdraw?.[`${family} unicast`] ?? []) routes.delete(nlri);
      const announced = Object.entries(announce?.[`${family} unicast`] ?? {});
      for (const [nextHop, prefixes] of announced) {
        const asPath = (attribute?.['as-path'] ?? []).join(' ');
        const communities = (attribute?.community ?? []).map((each) => each.join(':'));
        for (const { nlri } of prefixes) routes.set(nlri, { nextHop, asPath, communities });
      }
    }
    return routes;
  }

  isEstablished(): boolean {
    const states = this.#lines().flatMap(({ type, neighbor }) =>
      type === 'state' ? [neighbor?.state] : [],
    );
    return states.at(-1) === 'up';
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  get #heard(): string {
    return path.join(this.#process.folder, 'heard');
  }

  #lines(): Line[] {
    const whole = readFileSync(this.#heard, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Line);
  }
}

function configuration(config: RouterConfig, heard: string): string {
  const options: (string | false)[] = [
    config.password !== undefined && `md5-password "${config.password}"`,
    config.holdTimeS !== undefined && `hold-time ${config.holdTimeS}`,
    config.passive === true && 'passive true',
    config.ttlSecurity === true && 'incoming-ttl 255',
    config.ttlSecurity === true && 'outgoing-ttl 255',
  ];
  const statics = (config.announces ?? []).map(
    (prefix) => `route ${prefix} next-hop ${THEIRS[prefix.includes(':') ? 'ipv6' : 'ipv4']};`,
  );
  return `
process printer {
  run /bin/sh -c "cat > ${heard}";
  encoder json;
}
neighbor ${OURS[config.over]} {
  router-id 192.0.2.2;
  local-address ${THEIRS[config.over]};
  local-as ${config.asn};
  peer-as ${OURS.asn};
${options.flatMap((line) => (line === false ? [] : [`  ${line};`])).join('\n')}
  capability {${config.gracefulRestart === true ? ' graceful-restart 60; ' : ''}}
  family { ipv4 unicast; ipv6 unicast; }
  api { processes [ printer ]; neighbor-changes; receive { parsed; update; } }
  static {
${statics.map((line) => `    ${line}`).join('\n')}
  }
}
`;
}
