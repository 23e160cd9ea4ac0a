import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/bgp.md'), 'utf8');

/** What a router says of the configuration in the first block of a language; nothing: it reads it as it is. */
function complaintsOf(command: readonly [string, ...string[]], language: string): string {
  const [, text = ''] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  expect(text).toContain('203.0.113.0/24');
  const folder = mkdtempSync(path.join(tmpdir(), 'documented-'));
  const file = path.join(folder, 'router.conf');
  writeFileSync(file, text);
  // FRR's daemons run as the user that the package made.
  chmodSync(folder, 0o755);
  const [program, ...words] = command;
  const { stdout, stderr } = spawnSync(program, [...words, file], { encoding: 'utf8' });
  return stdout + stderr;
}

test('routers read what the page about BGP tells people to write', () => {
  expect(complaintsOf(['/usr/lib/frr/bgpd', '-C', '-f'], 'frr')).toBe('');
  expect(complaintsOf(['/usr/sbin/bird', '-p', '-c'], 'bird')).toBe('');
});
