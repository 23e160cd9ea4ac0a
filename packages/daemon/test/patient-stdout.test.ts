import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';

const source = path.resolve(import.meta.dirname, '../src/patient-stdout.ts');

/** Runs a program that writes to such a stdout, which is read only once it has said so on standard error. */
async function run(program: string): Promise<{ told: string; lines: string[] }> {
  const text = `const { patientStdout } = await import(${JSON.stringify(source)}); const out = patientStdout(); ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
  await once(child.stderr, 'data');
  let read = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
  await once(child, 'close');
  return { told, lines: read.split('\n').slice(0, -1) };
}

test('a reader that stands still holds nobody up, and gets every line in the end', async () => {
  const { told, lines } = await run(`
    const startMs = performance.now();
    for (let i = 0; i < 5000; i++) out.write('line ' + i + ' '.repeat(100) + '\\n');
    console.error(Math.round(performance.now() - startMs));
    setTimeout(() => process.exit(0), 200);
  `);
  expect(Number(told)).toBeLessThan(1000);
  expect(lines.map((line) => line.trim())).toEqual(
    Array.from({ length: 5000 }, (_, at) => `line ${at}`),
  );
});

test('what does not fit is left out, and how much that was is said', async () => {
  const { lines } = await run(`
    for (let i = 0; i < 30000; i++) out.write('line ' + i + ' '.repeat(100) + '\\n');
    console.error('written');
    setTimeout(() => process.exit(0), 500);
  `);
  const said = lines.filter((line) => line.includes('left out'));
  const left = said.map((line) => (JSON.parse(line) as { lines: number }).lines);
  const sum = left.reduce((total, one) => total + one, 0);
  expect(sum).toBeGreaterThan(1000);
  expect(lines.length - said.length + sum).toBe(30_000);
});

test('the last words of a process that ends are written', async () => {
  const { lines } = await run(`
    console.error('begins');
    out.write('one\\n');
    out.write('two\\n');
    process.exit(1);
  `);
  // The first was under way in another thread, and nothing says which of the two is quicker.
  expect(lines.toSorted()).toEqual(['one', 'two']);
});

test('a process whose reader has gone ends all the same', async () => {
  const text = `
    const { patientStdout } = await import(${JSON.stringify(source)});
    const out = patientStdout();
    process.stdin.once('data', () => {
      out.write('one\\n');
      out.write('two\\n');
      process.exit(3);
    });
    console.error('begins');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: 'pipe',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  await once(child.stderr, 'data');
  child.stdout.destroy();
  child.stdin.end('go');
  expect(await once(child, 'exit')).toEqual([3, null]);
}, 30_000);
