import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

const words = ['--conditions=@picluster/source'];
const announcer = new URL('../src/main.ts', import.meta.url).pathname;
const glass = new URL('../../bgp-looking-glass/src/main.ts', import.meta.url).pathname;
const build = new URL('../../../packages/packet-socket/scripts/build-native.mjs', import.meta.url);

/** A program whose lines are read one by one. */
class Program {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [...words, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no output');
    const reader: Interface = createInterface({ input: stdout });
    this.#lines = reader[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

describe('the announcer and the looking glass', () => {
  const programs: Program[] = [];
  beforeAll(() => void execFileSync(process.execPath, [build.pathname]));
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.end();
  });

  const start = (program: string, ...args: string[]): Program => {
    const started = new Program(program, args);
    programs.push(started);
    return started;
  };

  test('tell each other what there is, and that it is over', async () => {
    const seen = start(glass, '127.0.0.1', '0', '64513', '127.0.0.1', '64512');
    const [, port = ''] = /port (\d+)/.exec(await seen.line()) ?? [];
    const prefixes = ['203.0.113.0/24', '198.51.100.7/32'];
    const told = start(announcer, '127.0.0.1', port, '64513', '192.0.2.1', '64512', ...prefixes);
    const lines = [];
    for (let count = 0; count < 4; count++) lines.push(await seen.line());
    expect(lines).toEqual([
      'AS 64512 is there',
      '+ 203.0.113.0/24 via 192.0.2.1, path 64512',
      '+ 198.51.100.7/32 via 192.0.2.1, path 64512',
      'that was all of ipv4-unicast',
    ]);
    told.interrupt();
    expect(await seen.line()).toBe(
      'it is gone: the peer said: Cease, Administrative Shutdown: "Ctrl-C"',
    );
  });

  test.each([
    [
      'the announcer',
      announcer,
      ['127.0.0.1', '179', '1', '192.0.2.1', '2', '203.0.113.1/24'],
      /^usage/,
    ],
    [
      'the announcer',
      announcer,
      ['127.0.0.1', '179', '0', '192.0.2.1', '2', '203.0.113.0/24'],
      /^peerAsn must be/,
    ],
    ['the looking glass', glass, [], /^usage/],
  ])('%s says how it is called', (_, program, args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [...words, program, ...args], {
      encoding: 'utf8',
    });
    expect([status, message.test(stderr)]).toEqual([2, true]);
  });
});
