import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const library = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Runs `code` in a Node process of its own, with `releaseMemory`, and `resident(kind)` in kB; gives what it prints. */
function inProcess(code: string): unknown {
  const program = `
    import { readFileSync } from 'node:fs';
    import { createHash } from 'node:crypto';
    import { releaseMemory } from ${JSON.stringify(library)};
    const resident = (kind) => Number(new RegExp(kind + ':\\\\s+(\\\\d+) kB').exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    console.log(JSON.stringify(await (async () => { ${code} })()));
  `;
  const flags = ['--conditions=@picluster/source', '--input-type=module', '--eval'];
  return JSON.parse(execFileSync(process.execPath, [...flags, program], { encoding: 'utf8' }));
}

test('more than half of the pages of files are gone from a process that has started', () => {
  const { before, after } = inProcess(`
    const before = resident('RssFile');
    releaseMemory();
    return { before, after: resident('RssFile') };
  `) as { before: number; after: number };
  expect(before).toBeGreaterThan(20_000);
  expect(after).toBeLessThan(before / 2);
});

test('nothing that was there before is lost, and all goes on', () => {
  const { before, after } = inProcess(`
    const bytes = Buffer.alloc(20_000_000, 'picluster');
    const objects = Array.from({ length: 100_000 }, (_, at) => ({ at, text: 'n' + at }));
    const digest = () => createHash('sha256').update(bytes).update(JSON.stringify(objects)).digest('hex');
    const before = digest();
    const after = [];
    for (let round = 0; round < 20; round += 1) {
      releaseMemory();
      after.push(digest());
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { before, after: [...new Set(after)] };
  `) as { before: string; after: string[] };
  expect(after).toEqual([before]);
});
