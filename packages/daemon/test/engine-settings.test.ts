import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const settings = fileURLToPath(new URL('../src/seams/engine-settings.ts', import.meta.url));

/** Bytes of the young generation of a process that made a lot of garbage. */
function youngGeneration(beforehand: string): number {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${beforehand}
    let kept = [];
    for (let i = 0; i < 1_000_000; i++) {
      kept.push({ i, more: [i] });
      if (kept.length > 50_000) kept = [];
    }
    console.log(getHeapSpaceStatistics().find((each) => each.space_name === 'new_space').space_size);
  `;
  const words = ['--no-warnings', '--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
}

describe('saveMemory', () => {
  it('keeps the young generation small, which grows without it', () => {
    const small = `import { saveMemory } from ${JSON.stringify(settings)}; saveMemory();`;
    expect(youngGeneration(small)).toBeLessThan(6 * 2 ** 20);
    expect(youngGeneration('')).toBeGreaterThan(8 * 2 ** 20);
  });
});

describe('collectAfterBursts', () => {
  it('gives back what a burst took, and does not keep the process from ending', () => {
    const program = `
      import { getHeapStatistics } from 'node:v8';
      import { collectAfterBursts } from ${JSON.stringify(settings)};
      collectAfterBursts();
      let kept = Array.from({ length: 500_000 }, (_, i) => ({ i }));
      const before = getHeapStatistics().total_heap_size;
      kept = undefined;
      let factor = 0;
      const poll = setInterval(() => {
        factor = before / getHeapStatistics().total_heap_size;
        if (factor > 2) clearInterval(poll);
      }, 100);
      setTimeout(() => clearInterval(poll), 60_000).unref();
      process.on('exit', () => console.log(factor));
    `;
    const words = ['--no-warnings', '--input-type=module', '--eval', program];
    const factor = Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
    expect(factor).toBeGreaterThan(2);
  }, 90_000);
});
