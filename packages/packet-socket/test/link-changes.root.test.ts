import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { watchLinks } from '../src/index.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const ip = (words: string): void => void execFileSync('ip', words.split(' '), { stdio: 'pipe' });

let watch: Disposable | undefined;
afterEach(() => watch?.[Symbol.dispose]());

test.skipIf(!inLab)(
  'every change of an interface is told: made, renamed, put into a bridge, deleted',
  async () => {
    let told = Promise.withResolvers<void>();
    watch = watchLinks(() => told.resolve());
    for (const command of [
      'link add watched0 type veth peer name watched1',
      'link set watched0 name watched2',
      'link add watched3 type bridge',
      'link set watched2 master watched3',
      'link delete watched2',
    ]) {
      told = Promise.withResolvers();
      ip(command);
      await told.promise;
    }
    expect(inLab).toBe(true);
  },
);
