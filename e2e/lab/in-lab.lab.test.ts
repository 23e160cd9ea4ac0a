import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { waitFor } from './wait-for.ts';

const script = fileURLToPath(new URL('../../scripts/in-lab.mjs', import.meta.url));
const started: ChildProcess[] = [];

/** Runs a shell line in namespaces of its own, inside those that this test is in. */
function inLab(line: string): {
  child: ChildProcess;
  output: () => string;
  over: Promise<number | string | null>;
} {
  const child = spawn(process.execPath, [script, 'sh', '-c', line], {
    env: { ...process.env, PICLUSTER_LAB: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  const over = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { child, output: () => text, over };
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('scripts/in-lab.mjs', () => {
  test('passes the exit code on', async () => {
    expect(await inLab('exit 7').over).toBe(7);
    expect(await inLab('kill -9 $$').over).toBe(137);
  });

  test('gives the command a network, processes and a folder of its own', async () => {
    const { output, over } = inLab(
      'ip -o link | wc -l; echo $TMPDIR; ls /run/netns 2>&1 | wc -l; echo $PPID',
    );
    expect(await over).toBe(0);
    const [links, folder, , parent] = output().split('\n');
    expect([links, folder, parent]).toEqual(['1', '/run/picluster', '1']);
  });

  test('passes a signal on, once, and waits for the command to end', async () => {
    const { child, output, over } = inLab(
      'trap "echo heard" TERM; echo up; sleep 30 & wait; echo done',
    );
    await waitFor('the command to run', () => output().includes('up'));
    child.kill('SIGTERM');
    expect(await over).toBe(0);
    expect(output()).toBe('up\nheard\ndone\n');
  });

  test('ends what the command left running', async () => {
    const { output, over } = inLab('sleep 300 & echo $PICLUSTER_LAB_PID');
    expect(await over).toBe(0);
    const outerPid = output().trim();
    await waitFor('its first process to be gone', () => !existsSync(`/proc/${outerPid}`));
  });

  test('ends everything when it is itself killed with SIGKILL', async () => {
    const { child, output } = inLab('echo $PICLUSTER_LAB_PID; sleep 300');
    const pid = await waitFor('the command to run', () => output().trim() || undefined);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    child.kill('SIGKILL');
    await waitFor('its first process to be gone', () => !existsSync(`/proc/${pid}`));
  });
});
