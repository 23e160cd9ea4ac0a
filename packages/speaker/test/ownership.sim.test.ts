import { seedFromEnvironment } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { simulateOwnership } from './ownership-simulation.ts';

const FIRST_SEED = seedFromEnvironment(1);
const SEEDS = 60;

test('speakers that are killed, frozen and cut off never answer two at once, and one answers in the end', async () => {
  let [answers, moves] = [0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const result = await simulateOwnership(seed);
    expect(result.violations, `replay with SEED=${seed}`).toEqual([]);
    answers += result.answers;
    moves += result.moves;
  }
  // The promise would also be kept by speakers that are silent, or that nothing happens to.
  expect(answers / SEEDS).toBeGreaterThan(2000);
  expect(moves / SEEDS).toBeGreaterThan(2);
});

test('the simulation notices speakers that answer on after their right has ended', async () => {
  const found: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 20; seed++) {
    const { violations } = await simulateOwnership(seed, { withoutFencing: true });
    found.push(...violations.filter((violation) => violation.includes(' and ')));
  }
  expect(found.length).toBeGreaterThan(0);
});
