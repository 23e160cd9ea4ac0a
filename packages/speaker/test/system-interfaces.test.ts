import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemInterfaces } from '../src/seams/system-interfaces.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sys-class-net-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sysfs(name: string, files: Record<string, string>): void {
  mkdirSync(path.join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files))
    writeFileSync(path.join(folder, name, file), text);
}
const state = { index: 2, up: true, ethernet: true };

describe('the interfaces of this system', () => {
  test('are listed by name, also those that have no address', () => {
    const names = systemInterfaces(() => undefined).names();
    expect(names).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())));
    expect(names.every((name) => /^[^\s:]+$/.test(name))).toBe(true);
  });

  test('have the flags that sysfs shows', () => {
    sysfs('eth0', { ifindex: '2\n', flags: '0x1003\n' });
    sysfs('tun0', { ifindex: '2\n', flags: '0x10d1\n' });
    sysfs('port0', { ifindex: '2\n', flags: '0x1003\n', master: '' });
    const system = systemInterfaces(() => state, folder);
    expect(system.read('eth0')).toEqual({
      name: 'eth0',
      ethernet: true,
      up: true,
      arp: true,
      broadcast: true,
      enslaved: false,
      networks: [],
    });
    expect(system.read('tun0')).toMatchObject({ arp: false, broadcast: false });
    expect(system.read('port0')).toMatchObject({ enslaved: true });
  });

  test('count as usual ones where sysfs speaks of another interface or of none', () => {
    sysfs('eth7', { ifindex: '9\n', flags: '0x80\n', master: '' });
    const system = systemInterfaces(() => state, folder);
    const usual = {
      ethernet: true,
      up: true,
      arp: true,
      broadcast: true,
      enslaved: false,
      networks: [],
    };
    expect(system.read('eth7')).toEqual({ name: 'eth7', ...usual });
    expect(system.read('eth8')).toEqual({ name: 'eth8', ...usual });
  });

  test('have the networks of their addresses, as of the last time that names were asked for', () => {
    const system = systemInterfaces(() => state, folder);
    expect(system.read('lo')?.networks).toEqual([]);
    system.names();
    expect(system.read('lo')?.networks).toContain('127.0.0.1/8');
  });

  test('are not there when the kernel says so', () => {
    expect(systemInterfaces(() => undefined, folder).read('eth0')).toBeUndefined();
  });
});
