import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the example shows an announcement, a reply and a silence', () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--conditions=@picluster/source', main], {
    encoding: 'utf8',
  });
  expect(output.trim().split('\n')).toEqual([
    'announced with 2 gratuitous frames',
    // to the asker, from us, ARP reply: 192.0.2.10 is at 02:00:00:00:00:01, for 192.0.2.99
    'who has 192.0.2.10? 0200000000990200000000010806' +
      '0001080006040002020000000001c000020a020000000099c0000263',
    '  192.0.2.10 is at 02:00:00:00:00:01',
    'who has 192.0.2.11? silence',
  ]);
});
