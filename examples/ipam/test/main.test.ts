import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the example prints what was given and why the rest was refused', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@picluster/source',
    main,
  ]);
  expect(stdout.split('\n')).toEqual([
    'web: 192.168.1.240 and fd00::',
    'dns-tcp: 192.168.1.241',
    'dns-udp: 192.168.1.241',
    'mail: "192.168.1.240" is already in use by web',
    'chat: no available IPs: pool home has no free IPv4 address',
    'chat: 192.168.1.240',
    'in use: 2 of 2 IPv4, 0 of 18446744073709551616 IPv6',
    '',
  ]);
});
