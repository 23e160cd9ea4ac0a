import { describe, expect, test } from 'vitest';
import { FaultPlan } from './fault-plan.ts';

const seeds = Array.from({ length: 300 }, (_, index) => index);

function faultsOf(seed: number, label: string): string[] {
  const plan = new FaultPlan(seed);
  return Array.from({ length: 20 }, () => JSON.stringify(plan.forRequest(label)) ?? 'none');
}

describe('a fault plan', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(faultsOf(7, 'PATCH /x')).toEqual(faultsOf(7, 'PATCH /x'));
    const different = new Set(seeds.map((seed) => faultsOf(seed, 'PATCH /x').join()));
    expect(different.size).toBeGreaterThan(200);
  });

  test('strikes a request whatever others came before it', () => {
    const alone = new FaultPlan(11);
    const among = new FaultPlan(11);
    for (let at = 0; at < 50; at++) {
      among.forRequest('GET /other');
      expect(among.forRequest('PATCH /x')).toEqual(alone.forRequest('PATCH /x'));
    }
  });

  test('over many seeds has every kind of fault', () => {
    const requests = new Set<string>();
    const watches = new Set<string>();
    for (const seed of seeds) {
      const plan = new FaultPlan(seed);
      for (let at = 0; at < 20; at++) {
        const fault = plan.forRequest('PATCH /x');
        if (fault?.kind === 'status') requests.add(String(fault.code));
        else if (fault !== undefined)
          requests.add(`${fault.kind}${'executed' in fault && fault.executed ? ' executed' : ''}`);
      }
      const { duplicateEvery, lateMs, endsAfter, end } = plan.forOpenWatch('watch /x');
      if (duplicateEvery > 0) watches.add('twice');
      if (lateMs > 0) watches.add('late');
      if (endsAfter < Infinity) watches.add(end);
    }
    expect([...requests].sort()).toEqual([
      '409',
      '410',
      '429',
      '500',
      '503',
      'reset',
      'reset executed',
      'stall',
      'stall executed',
      'truncate',
    ]);
    expect([...watches].sort()).toEqual([
      'between events',
      'error 410',
      'error 500',
      'inside an event',
      'late',
      'reset',
      'silence',
      'twice',
    ]);
  });
});
