import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arpRequest, ipv4 } from './frames.ts';
import { Cable, Peer, buildAddon, inLab } from './seams/lab.ts';

const program = (name: string): string => new URL(`programs/${name}`, import.meta.url).pathname;
const NODE = [process.execPath, '--conditions=@picluster/source'] as const;

/** Ends by itself within 20 s, or `signal` is SIGKILL. */
function run(words: readonly string[]): { output: string; status: number | null; signal: unknown } {
  const [command = '', ...more] = words;
  const { stdout, stderr, status, signal } = spawnSync(command, more, {
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  return { output: `${stdout}${stderr}`, status, signal };
}

const ONLY_NET_RAW = ['setpriv', '--bounding-set', '-all,+net_raw'];
const NO_CAPABILITY = ['setpriv', '--bounding-set', '-all'];
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const NOBODY_WITH_NET_RAW = [...NOBODY, '--inh-caps', '+net_raw', '--ambient-caps', '+net_raw'];
const nobodyMayRead =
  inLab &&
  run([...NOBODY, ...NODE, '-e', `require('fs').readFileSync('${program('worker.ts')}')`])
    .status === 0;

describe.skipIf(!inLab)('a process with packet sockets', () => {
  let cable: Cable;
  beforeAll(async () => {
    buildAddon();
    cable = new Cable();
    await cable.connected();
  });
  afterAll(() => cable[Symbol.dispose]());

  test('ends by itself as soon as all is closed', () => {
    const result = run([...NODE, program('open-once.ts'), cable.ours]);
    expect(result).toEqual({ output: 'opened, sent\n', status: 0, signal: null });
  });

  test('survives the end of workers that hold open sockets', () => {
    const result = run([...NODE, program('run-workers.ts'), cable.ours]);
    expect(result).toEqual({ output: 'survived\n', status: 0, signal: null });
  });

  test('needs CAP_NET_RAW and no other capability', () => {
    const words = [...NODE, program('open-once.ts'), cable.ours];
    expect(run([...ONLY_NET_RAW, ...words]).output).toBe('opened, sent\n');
    expect(run([...NO_CAPABILITY, ...words]).output).toBe('not-permitted EPERM socket\n');
  });

  test.skipIf(!nobodyMayRead)(
    'needs not be root if it has CAP_NET_RAW as an ambient capability',
    () => {
      const words = [...NODE, program('open-once.ts'), cable.ours];
      expect(run([...NOBODY_WITH_NET_RAW, ...words]).output).toBe('opened, sent\n');
      expect(run([...NOBODY, ...words]).output).toBe('not-permitted EPERM socket\n');
    },
  );

  test('an exception of the listener is an uncaught exception, and the next frame comes all the same', async () => {
    using peer = new Peer(cable.theirs);
    const [command, ...more] = NODE;
    const child = spawn(command, [...more, program('throwing-listener.ts'), cable.ours], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (line !== 'next frame') peer.send(arpRequest(ipv4('192.0.2.10')));
      }
    } finally {
      child.kill('SIGKILL');
    }
    expect(lines).toEqual(['ready', 'uncaught: on purpose', 'next frame']);
  });
});
