import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const program = new URL('../src/main.ts', import.meta.url).pathname;
const build = new URL('../../../packages/packet-socket/scripts/build-native.mjs', import.meta.url);
const words = ['--conditions=@picluster/source', program];
const [asker, listener] = [`a${process.pid}`, `l${process.pid}`];

function ip(line: string): void {
  execFileSync('ip', line.split(' '), { stdio: 'pipe' });
}

describe.skipIf(!inLab)('the packet socket example in a network namespace', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [build.pathname]);
    ip(`link add ${asker} type veth peer name ${listener}`);
    for (const end of [asker, listener]) ip(`link set ${end} up`);
    ip(`address add 192.0.2.1/24 dev ${asker}`);
  });
  afterAll(() => ip(`link delete ${asker}`));

  test('prints who asks for whom', async () => {
    const child = spawn(process.execPath, [...words, listener, '3'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const udp = createSocket('udp4');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      // The kernel asks for the neighbour that a datagram is for.
      if (line.startsWith('listening')) udp.send('x', 9, '192.0.2.77');
    }
    udp.close();
    expect(lines[0]).toBe(`listening on ${listener} for 3 s`);
    expect(lines).toContain('192.0.2.1 asks for 192.0.2.77');
    expect(lines.at(-1)).toMatch(/^[1-9]\d* requests$/);
  });

  test('without the capability it says which one it needs', () => {
    const command = ['--bounding-set', '-all', process.execPath, ...words, listener, '1'];
    const { status, stderr } = spawnSync('setpriv', command, { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `cannot listen: ${listener}: packet sockets need the capability CAP_NET_RAW: run as root or add it (socket: EPERM)\n`,
    );
  });
});
