import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the example moves an address when a cable is pulled and on a stop, and not when a node returns', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@picluster/source',
    main,
  ]);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'three nodes start, and listen before they claim',
    '  anna answers',
    'anna’s cable is pulled',
    '  anna stops: deaf',
    '  ben answers',
    '  the next answer within 1.5 s: true',
    'ben is told to stop, and names carla',
    '  ben stops: given',
    '  carla answers',
    '  the next answer within 0.3 s: true',
    'ben comes back, and is preferred; nothing moves all the same',
    '  answering: carla',
    '  carla stops: given',
  ]);
});
