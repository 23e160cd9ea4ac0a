import { type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { builtLayout, DAEMONS, imageFor, NATIVE, type Daemon } from './built.ts';
import { Container, Snapshots, statusLines, type ContainerOptions } from './container.ts';
import { ImageLab } from './image-lab.ts';
import type { Image } from './layout-reader.ts';

/** These tests mount, make interfaces and run containers: only in the namespaces of `node scripts/in-lab.mjs`. */
const inLab = process.env['PICLUSTER_LAB'] === '1';

const QEMU = '/usr/bin/qemu-aarch64-static';
const NODE = '/usr/bin/node';
const VIP = '192.0.2.10';
/** Bits of a capability set: CAP_NET_RAW is 13. */
const ONLY_NET_RAW = '0000000000002000';
const NONE = '0000000000000000';

/** What the chart asks for: not root, nothing gained, everything dropped but NET_RAW for the speaker. */
const asInChart = {
  controller: { allowPrivilegeEscalation: false, capabilities: [] },
  speaker: { allowPrivilegeEscalation: false, capabilities: ['NET_RAW'] },
} as const;

interface Unpacked {
  readonly image: Image;
  readonly rootfs: string;
}

describe.skipIf(!inLab)('the images, run as Kubernetes runs them', () => {
  let lab: ImageLab;
  let snapshots: Snapshots;
  const images = new Map<string, Unpacked>();
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    lab = await ImageLab.start();
    snapshots = new Snapshots(lab.folder);
    const layout = builtLayout();
    for (const architecture of new Set([NATIVE, 'arm64'])) {
      for (const daemon of DAEMONS) {
        const image = imageFor(layout, daemon, architecture);
        const rootfs = await snapshots.mount(layout, image);
        images.set(`${daemon}-${architecture}`, { image, rootfs });
      }
    }
  }, 180_000);

  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await snapshots[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  type More = Partial<ContainerOptions> & Pick<ContainerOptions, 'args'>;

  function container(daemon: Daemon, more: More, architecture: string = NATIVE): Container {
    const unpacked = images.get(`${daemon}-${architecture}`);
    if (unpacked === undefined) throw new Error(`${daemon} was not unpacked`);
    return new Container(lab.folder, { ...unpacked, security: asInChart[daemon], ...more });
  }

  /** With the emulator in front, which the kernel of this machine starts in place of the program. */
  function emulated(daemon: Daemon, more: More): Container {
    const binds = { '/qemu': QEMU, ...more.binds };
    const own = images.get(`${daemon}-arm64`)?.image.config.config.Entrypoint ?? [];
    const program = more.entrypoint ?? own.slice(own.indexOf(NODE));
    const entrypoint = ['/qemu', ...program];
    return container(daemon, { ...more, binds, entrypoint }, 'arm64');
  }

  async function output(one: Container): Promise<string> {
    const { code, stdout, stderr } = await one.toTheEnd();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  /** Starts a daemon and waits until it says that it is ready; gives back how to end it. */
  async function start(
    one: Container,
    healthPort: number,
    limitMs: number,
  ): Promise<{ log: string[]; stop: () => Promise<number | null> }> {
    const log: string[] = [];
    const child = one.start(log);
    running.push(child);
    const ready = async (): Promise<boolean> =>
      child.exitCode !== null || (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok;
    await waitFor('the daemon to be ready', ready, limitMs).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\n${log.join('')}`);
    });
    const stop = async (): Promise<number | null> => {
      const over = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await over) as [number | null];
      return code;
    };
    return { log, stop };
  }

  function daemonFlags(healthPort: number): string[] {
    return [`--health-port=${healthPort}`, '--metrics-port=0'];
  }

  const macOfNode = (): string => readFileSync('/sys/class/net/eth0/address', 'utf8').trim();

  test.each(DAEMONS)('the %s prints its flags, and needs no right for that', async (daemon) => {
    const security = { allowPrivilegeEscalation: false, capabilities: [] };
    const text = await output(container(daemon, { security, args: ['--help'] }));
    expect(text).toContain(`Usage: ${daemon} [flags]`);
  });

  test.each(DAEMONS)('the %s says which build it is', async (daemon) => {
    const text = await output(container(daemon, { args: ['--version'] }));
    expect(text).toContain(`picluster ${daemon} ${versionOf(daemon)} (`);
    expect(text).toContain(`Node.js ${process.versions.node})`);
  });

  test('Node is the one that the repository is tested with', async () => {
    const text = await output(container('controller', { entrypoint: [NODE], args: ['--version'] }));
    expect(text.trim()).toBe(process.version);
  });

  test.each([
    ['another user', undefined, ['NET_RAW'], ONLY_NET_RAW],
    ['root', 0, ['NET_RAW'], ONLY_NET_RAW],
    ['another user that was given nothing', undefined, [], NONE],
  ])(
    'the speaker’s Node has the rights that the Pod asks for and no other, as %s',
    async (_, runAsUser, capabilities, expected) => {
      const probe = "process.stdout.write(require('fs').readFileSync('/proc/self/status'))";
      const one = container('speaker', {
        security: {
          ...(runAsUser === undefined ? {} : { runAsUser }),
          allowPrivilegeEscalation: false,
          capabilities,
        },
        entrypoint: ['/app/with-net-raw', NODE],
        args: ['-e', probe],
      });
      const status = statusLines(await output(one));
      expect(status.get('CapEff')).toBe(expected);
      expect(status.get('CapPrm')).toBe(expected);
      expect(status.get('NoNewPrivs')).toBe('1');
      expect(status.get('Uid')?.split(' ')[0]).toBe(String(runAsUser ?? 65_532));
    },
  );

  test('names are resolved by files and by DNS, through the C library', async () => {
    const server = createSocket('udp4');
    server.on('message', (question, from) => {
      server.send(dnsAnswer(question, [10, 96, 0, 1]), from.port, from.address);
    });
    server.bind(53, '127.0.0.53');
    await once(server, 'listening');
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(lab.folder, name), text);
      return path.join(lab.folder, name);
    };
    const probe = `const { lookup } = require('dns').promises;
      Promise.all(['here', 'kubernetes.default.svc'].map((name) => lookup(name, 4)))
        .then((all) => console.log(all.map(({ address }) => address).join()))`;
    const one = container('controller', {
      entrypoint: [NODE],
      args: ['-e', probe],
      binds: {
        '/etc/hosts': file('hosts', '192.0.2.7 here\n'),
        '/etc/resolv.conf': file('resolv.conf', 'nameserver 127.0.0.53\n'),
      },
    });
    try {
      expect((await output(one)).trim()).toBe('192.0.2.7,10.96.0.1');
    } finally {
      server.close();
    }
  });

  test('the controller gives a Service its address, without any right, and ends when told', async () => {
    const one = container('controller', { args: daemonFlags(17_481), ...lab.inCluster() });
    const { stop } = await start(one, 17_481, 20_000);
    const status = await one.status();
    expect([status.get('CapEff'), status.get('CapPrm')]).toEqual([NONE, NONE]);
    lab.applyService('wants-one');
    await waitFor('an address', () => lab.addressesOf('wants-one').length > 0, 10_000);
    expect(lab.addressesOf('wants-one')[0]).toMatch(/^192\.0\.2\.\d+$/);
    expect(await stop()).toBe(0);
  });

  test('the speaker answers ARP as another user than root, with NET_RAW alone', async () => {
    lab.applyService('web', VIP);
    const one = container('speaker', { args: daemonFlags(17_482), ...lab.inCluster() });
    const { stop } = await start(one, 17_482, 20_000);
    const status = await one.status();
    expect([status.get('CapEff'), status.get('Uid')?.split(' ')[0]]).toEqual([
      ONLY_NET_RAW,
      '65532',
    ]);
    expect(await lab.untilAnswered(VIP, 20_000)).toBe(macOfNode());
    expect(await stop()).toBe(0);
  });

  // Where the machine is arm64 itself, all of the above was just that.
  describe.skipIf(NATIVE === 'arm64')('for arm64, in an emulator', () => {
    test('Node says its version', async () => {
      const one = emulated('controller', { entrypoint: [NODE], args: ['--version'] });
      expect((await output(one)).trim()).toBe(process.version);
    });

    test('the controller says which build it is', async () => {
      const text = await output(emulated('controller', { args: ['--version'] }));
      expect(text).toContain(`picluster controller ${versionOf('controller')} (`);
    });

    test('the speaker answers ARP', async () => {
      lab.applyService('web', VIP);
      // As root: the kernel starts the emulator, and that file permits nothing.
      const security = { ...asInChart.speaker, runAsUser: 0 };
      const one = emulated('speaker', {
        security,
        args: daemonFlags(17_483),
        ...lab.inCluster(),
      });
      const { stop } = await start(one, 17_483, 60_000);
      expect(await lab.untilAnswered(VIP, 40_000)).toBe(macOfNode());
      expect(await stop()).toBe(0);
    }, 120_000);
  });
});

function versionOf(daemon: Daemon): string {
  const file = new URL(`../../packages/${daemon}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The answer to a question of type A: the question again, and one record that points at its name. */
function dnsAnswer(question: Buffer, address: readonly number[]): Buffer {
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 6);
  header.writeUInt32BE(0, 8);
  // Its name ends with a zero; type and class follow. What comes after them (EDNS) is not repeated.
  const end = question.indexOf(0, 12) + 5;
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address];
  return Buffer.concat([header, question.subarray(12, end), Buffer.from(record)]);
}
