import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '../lab/wait-for.ts';
import { OURS, RouterProcess, THEIRS } from './router.ts';

/** How a router speaks BFD with us. */
export interface BfdConfig {
  readonly over: 'ipv4' | 'ipv6';
  readonly intervalMs: number;
  readonly multiHop?: boolean;
}

/** A router that speaks BFD with us. */
interface BfdRouter {
  readonly name: string;
  readonly program: string;
  start(config: BfdConfig): Promise<void>;
  /** Whether its `show` command says that the session is up. */
  isUp(): boolean;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** FRR's bfdd (Debian: frr), with zebra. */
export class FrrBfd implements BfdRouter {
  readonly name = 'FRR';
  readonly program = '/usr/lib/frr/bfdd';
  #process = new RouterProcess();
  #peer = '';

  async start({ over, intervalMs, multiHop }: BfdConfig): Promise<void> {
    this.#process = new RouterProcess();
    this.#peer = OURS[over];
    const { folder } = this.#process;
    const where = multiHop === true ? 'multihop ' : '';
    const on = multiHop === true ? '' : ' interface bgp0';
    const file = path.join(folder, 'bfdd.conf');
    writeFileSync(
      file,
      `bfd
 peer ${this.#peer} ${where}local-address ${THEIRS[over]}${on}
  receive-interval ${intervalMs}
  transmit-interval ${intervalMs}
  detect-multiplier 3
  no shutdown
`,
    );
    const empty = path.join(folder, 'zebra.conf');
    writeFileSync(empty, '');
    // Its daemons run as the user that the package made.
    chmodSync(folder, 0o777);
    const common = ['--vty_port', '0', '--log', 'stdout', '--vty_socket', folder];
    const places = (name: string): string[] => {
      return ['-i', path.join(folder, `${name}.pid`), '-z', path.join(folder, 'zserv')];
    };
    this.#process.start(['/usr/lib/frr/zebra', '-f', empty, ...common, ...places('zebra')]);
    await waitFor('the interface', () => this.#vtysh('zebra', 'show interface bgp0'));
    const control = ['--bfdctl', path.join(folder, 'bfdd.sock')];
    this.#process.start([this.program, '-f', file, ...common, ...places('bfdd'), ...control]);
    await waitFor('bfdd', () => this.#vtysh('bfdd', 'show version'));
  }

  isUp(): boolean {
    const peers = JSON.parse(this.#vtysh('bfdd', 'show bfd peers json')) as readonly {
      readonly peer: string;
      readonly status: string;
    }[];
    return peers.some(({ peer, status }) => peer === this.#peer && status === 'up');
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  #vtysh(daemon: string, command: string): string {
    const { folder } = this.#process;
    return this.#process.run(['vtysh', '--vty_socket', folder, '-d', daemon, '-c', command]);
  }
}

/** BIRD 2's BFD (Debian: bird2). */
export class BirdBfd implements BfdRouter {
  readonly name = 'BIRD';
  readonly program = '/usr/sbin/bird';
  #process = new RouterProcess();
  #peer = '';

  async start({ over, intervalMs, multiHop }: BfdConfig): Promise<void> {
    this.#process = new RouterProcess();
    this.#peer = OURS[over];
    const { folder } = this.#process;
    const file = path.join(folder, 'bird.conf');
    const timings = `{ interval ${intervalMs} ms; multiplier 3; idle tx interval 1 s; }`;
    const how = multiHop === true ? `local ${THEIRS[over]} multihop` : 'dev "bgp0"';
    writeFileSync(
      file,
      `router id 192.0.2.2;
protocol device { }
protocol bfd {
  interface "bgp0" ${timings};
  multihop ${timings};
  neighbor ${this.#peer} ${how};
}
`,
    );
    const places = ['-c', file, '-s', this.#socket, '-P', path.join(folder, 'pid')];
    this.#process.start([this.program, '-f', ...places]);
    await waitFor('bird', () => this.#show('show status').includes('up and running'));
  }

  isUp(): boolean {
    const line = this.#show('show bfd sessions')
      .split('\n')
      .find((each) => each.startsWith(this.#peer));
    return line?.includes(' Up ') === true;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  stop(): Promise<void> {
    return this.#process.end();
  }

  get #socket(): string {
    return path.join(this.#process.folder, 'control');
  }

  #show(command: string): string {
    return this.#process.run(['birdc', '-s', this.#socket, ...command.split(' ')]);
  }
}
