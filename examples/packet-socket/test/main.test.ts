import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const program = new URL('../src/main.ts', import.meta.url).pathname;
const build = new URL('../../../packages/packet-socket/scripts/build-native.mjs', import.meta.url);

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  spawnSync(process.execPath, [build.pathname], { stdio: 'ignore' });
  const command = ['--conditions=@picluster/source', program, ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the packet socket example', () => {
  test('says how it is called', () => {
    const { status, stderr } = run();
    expect(status).toBe(2);
    expect(stderr).toBe('usage: main.ts <interface> [seconds]\n');
  });

  test('says why it cannot listen', () => {
    const { status, stdout, stderr } = run('no-such-if0', '1');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'cannot listen: no-such-if0: there is no such interface in this network namespace (ioctl: ENODEV)\n',
    );
  });
});
