import { SimClock } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { CONFLICT_AGAIN_MS, ConflictReports } from '../src/conflict-reports.ts';

const MAC = '02:00:00:00:00:99';

test('a conflict is counted each time, and told once a minute for each address and machine', async () => {
  const clock = new SimClock();
  const told: string[] = [];
  let counted = 0;
  let logged = 0;
  const reports = new ConflictReports({
    clock,
    log: { warn: () => void logged++ },
    warn: (address, reason, message) => void told.push(`${address} ${reason} ${message}`),
    counted: () => void counted++,
  });
  reports.add('192.0.2.1', 'eth0', MAC);
  reports.add('192.0.2.1', 'eth0', MAC);
  reports.add('192.0.2.2', 'eth0', MAC);
  reports.add('192.0.2.1', 'eth0', '02:00:00:00:00:98');
  expect(told).toHaveLength(3);
  expect(told[0]).toContain(`addressConflict the machine with the hardware address ${MAC}`);
  await clock.advance(CONFLICT_AGAIN_MS - 1);
  reports.add('192.0.2.1', 'eth0', MAC);
  expect(told).toHaveLength(3);
  await clock.advance(1);
  reports.add('192.0.2.1', 'eth0', MAC);
  expect(told).toHaveLength(4);
  expect(logged).toBe(4);
  expect(counted).toBe(6);
});
