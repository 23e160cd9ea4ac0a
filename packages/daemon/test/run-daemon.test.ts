import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const library = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Runs a daemon that does nothing in a process of its own, until its memory is given back by `releaseMemory`, which ends in `how`. */
function untilGivenBack(
  definition: string,
  main: string,
  how = '',
): { readonly status: number | null; readonly said: string } {
  const program = `
    import { once } from 'node:events';
    import { commonFlags, runDaemon } from ${JSON.stringify(library)};
    process.exit(await runDaemon({
      name: 'idle',
      about: 'Does nothing.',
      flags: commonFlags({ metrics: 0, health: 0 }),
      ${definition}
      releaseMemory: () => {
        process.stdout.write('given back\\n');
        process.kill(process.pid, 'SIGTERM');
        ${how}
      },
      main: async (context) => {
        ${main}
        const alive = setInterval(() => {}, 1000);
        await once(context.signal, 'abort');
        clearInterval(alive);
      },
    }, process));
  `;
  const words = ['--conditions=@picluster/source', '--no-warnings', '--input-type=module'];
  // The first stands for the script, which is no file here.
  const flags = ['idle', '--metrics-port=0', '--health-port=0'];
  const { status, stdout } = spawnSync(
    process.execPath,
    [...words, '--eval', program, '--', ...flags],
    { encoding: 'utf8', timeout: 45_000 },
  );
  return { status, said: stdout };
}

describe('a daemon that has started gives its memory back, once', () => {
  it('by itself where it is frugal', () => {
    const { status, said } = untilGivenBack('frugal: true,', '');
    expect(said.match(/given back/g)).toHaveLength(1);
    expect(status).toBe(0);
  }, 60_000);

  it('after it has settled where it is not', () => {
    const { status, said } = untilGivenBack('', 'context.settle();');
    expect(said.match(/given back/g)).toHaveLength(1);
    expect(status).toBe(0);
  }, 60_000);

  it('and goes on where that fails, saying why', () => {
    const { status, said } = untilGivenBack(
      'frugal: true,',
      '',
      "throw new Error('no such call');",
    );
    expect(said).toContain('"msg":"memory not given back"');
    expect(said).toContain('no such call');
    expect(status).toBe(0);
  }, 60_000);
});
