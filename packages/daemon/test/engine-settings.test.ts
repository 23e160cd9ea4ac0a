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
    expect(youngGeneration(small)).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(youngGeneration('')).toBeGreaterThan(8 * 2 ** 20);
  });
});
