import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the example hands the lease over on a stop, and takes it from a silent leader', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@picluster/source',
    main,
  ]);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'anna leads, token 0',
    '- anna is told to stop: she gives the lease up, and ben need not wait for its end',
    'anna leads no more: the elector was stopped',
    'ben leads, token 1',
    '- ben falls silent: his term ends before the lease does, then carla takes it',
    'ben leads no more: the lease was not renewed before the renew deadline',
    'carla leads, token 2',
    'carla leads no more: the elector was stopped',
    'the lease is free, after 2 hand-overs',
  ]);
});
