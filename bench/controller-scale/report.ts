import { total } from './api-writes.ts';
import type { Measured } from './measure.ts';

interface Row {
  readonly what: string;
  readonly unit: string;
  readonly value: (measured: Measured) => number;
}

const rows: readonly Row[] = [
  { what: 'all created after', unit: 's', value: (m) => m.createdAfter },
  { what: 'all assigned after', unit: 's', value: (m) => m.assignedAfter },
  { what: 'nothing more written after', unit: 's', value: (m) => m.quietAfter },
  { what: 'CPU of the controller until then', unit: 's', value: (m) => m.cpu },
  { what: 'different addresses', unit: '', value: (m) => m.addresses },
  { what: 'writes until then, no Lease', unit: '', value: (m) => total(m.writes, ['leases']) },
  { what: '  of these services/status', unit: '', value: (m) => writes(m, 'services/status') },
  { what: '  of these services', unit: '', value: (m) => writes(m, 'services') },
  { what: '  of these events', unit: '', value: (m) => writes(m, 'events') },
  {
    what: '  of these ipaddresspools/status',
    unit: '',
    value: (m) => writes(m, 'ipaddresspools/status'),
  },
  { what: 'resident, idle, 2 Services', unit: 'MB', value: (m) => m.idleBefore.residentMb },
  { what: '  anonymous', unit: 'MB', value: (m) => m.idleBefore.anonymousMb },
  { what: 'resident, peak of the burst', unit: 'MB', value: (m) => m.peak.residentMb },
  { what: '  anonymous', unit: 'MB', value: (m) => m.peak.anonymousMb },
  { what: 'resident, idle after it', unit: 'MB', value: (m) => m.idleAfter.residentMb },
  { what: '  anonymous', unit: 'MB', value: (m) => m.idleAfter.anonymousMb },
  { what: 'resident, restarted with all', unit: 'MB', value: (m) => m.restarted.residentMb },
  { what: '  anonymous', unit: 'MB', value: (m) => m.restarted.anonymousMb },
  { what: 'stopped: back after', unit: 's', value: (m) => m.afterStop },
  { what: 'killed (-9): back after', unit: 's', value: (m) => m.afterKill },
  { what: 'writes while idle, no Lease', unit: '', value: (m) => m.idleWrites },
  { what: 'writes of the Lease while idle', unit: '', value: (m) => m.idleLeaseWrites },
  { what: 'CPU while idle', unit: 's', value: (m) => m.idleCpu },
];

function writes(measured: Measured, kind: string): number {
  return measured.writes.get(kind) ?? 0;
}

/** The table: one line for each quantity, one column for each contestant, and the ratio of the first two. */
export function table(all: readonly Measured[]): string {
  const compared = all.length > 1;
  const head = line('', [...all.map(({ name }) => name), ...(compared ? ['ratio'] : [])]);
  const lines = rows.map(({ what, unit, value }) => {
    const values = all.map(value);
    const [first = 0, second = 0] = values;
    const cells = values.map((each) => shown(each));
    if (compared) cells.push(second === 0 ? '' : (first / second).toFixed(2));
    return line(unit === '' ? what : `${what}, ${unit}`, cells);
  });
  return [head, ...lines].join('\n');
}

function line(label: string, cells: readonly string[]): string {
  return label.padEnd(40) + cells.map((cell) => cell.padStart(11)).join('');
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
