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

/** Bytes of the heap, at most, of a process that keeps little of much. */
function mostTaken(beforehand: string): number {
  const program = `
    import { getHeapStatistics } from 'node:v8';
    import { saveRoom, saveMemory } from ${JSON.stringify(settings)};
    saveMemory();
    ${beforehand}
    const kept = [];
    let most = 0;
    for (let round = 0; round < 200; round++) {
      kept[round % 10] = Array.from({ length: 10_000 }, (_, i) => ({ i }));
      most = Math.max(most, getHeapStatistics().total_heap_size);
    }
    console.log(most);
  `;
  const words = ['--no-warnings', '--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
}

describe('saveRoom', () => {
  it('keeps the heap from growing by what is garbage', () => {
    expect(mostTaken('saveRoom();')).toBeLessThan(0.75 * mostTaken(''));
  });
});

describe('settle', () => {
  it('collects a small heap at once, as it would not grow enough for that to happen, and has the rest given back when the start is over', () => {
    const program = `
      import { getHeapStatistics } from 'node:v8';
      import { settle } from ${JSON.stringify(settings)};
      const used = () => getHeapStatistics().used_heap_size;
      const wait = setInterval(() => {}, 1000);
      let kept = Array.from({ length: 150_000 }, (_, i) => ({ i }));
      const before = used();
      kept = undefined;
      settle(() => clearInterval(wait));
      const freed = before - used();
      console.log(freed / 2 ** 20);
    `;
    const words = ['--no-warnings', '--input-type=module', '--eval', program];
    const freedMb = Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
    expect(freedMb).toBeGreaterThan(2);
  }, 60_000);

  it('collects a large heap when the start is over, and then has the rest given back', () => {
    const program = `
      import { getHeapStatistics } from 'node:v8';
      import { settle } from ${JSON.stringify(settings)};
      const used = () => getHeapStatistics().used_heap_size;
      let garbage = Array.from({ length: 400_000 }, (_, i) => ({ i }));
      const kept = Array.from({ length: 700_000 }, (_, i) => ({ i }));
      const before = used();
      garbage = undefined;
      let wasAtOnce = true;
      const wait = setInterval(() => {}, 1000);
      settle(() => {
        clearInterval(wait);
        console.log(JSON.stringify({ wasAtOnce, freedMb: (before - used()) / 2 ** 20, kept: kept.length }));
      });
      wasAtOnce = false;
    `;
    const words = ['--no-warnings', '--input-type=module', '--eval', program];
    const said = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as object;
    expect(said).toMatchObject({ wasAtOnce: false, kept: 700_000 });
    expect(said).toHaveProperty(
      'freedMb',
      expect.toSatisfy((mb: number) => mb > 4),
    );
  }, 60_000);
});

describe('onceAtRest', () => {
  it('calls when nothing happens any more, and once', () => {
    const program = `
      import { onceAtRest } from ${JSON.stringify(settings)};
      let burst = setInterval(() => kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i }))), 200);
      const kept = [];
      let calls = 0;
      let isOver = false;
      let wasEarly = false;
      onceAtRest(() => {
        calls += 1;
        wasEarly ||= !isOver;
      });
      setTimeout(() => {
        isOver = true;
        clearInterval(burst);
      }, 4000);
      setTimeout(() => console.log(JSON.stringify({ calls, wasEarly })), 18_000);
    `;
    const words = ['--no-warnings', '--input-type=module', '--eval', program];
    const said = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as object;
    expect(said).toEqual({ calls: 1, wasEarly: false });
  }, 60_000);
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
