// How long the 10,000th address takes, and 20,000 of them, beside an allocator that scans the used ones from the start of the pool.
// Run: npx node --conditions=@picluster/source packages/ipam/bench/allocate.ts
import { createPool, formatAddress, Ipam, type Pool, type Sharing } from '../src/index.ts';

const TOTAL = 20_000;
const PROBE = 10_000;
const PROBES = 500;

function poolOf(cidr: string): Pool {
  const made = createPool({ name: 'bench', addresses: [cidr] });
  if (!made.ok) throw new Error(made.problem.message);
  return made.pool;
}

function emptyIpam(cidr: string): Ipam {
  const created = Ipam.create([poolOf(cidr)]);
  if (!created.ok) throw new Error(created.problem.message);
  return created.ipam;
}

interface Timing {
  /** Median microseconds of one of the allocations around the 10,000th. */
  readonly probeUs: number;
  readonly totalMs: number;
}

function time(count: number, allocate: (at: number) => void): Timing {
  const probes: number[] = [];
  const start = performance.now();
  for (let at = 0; at < count; at++) {
    const before = performance.now();
    allocate(at);
    if (Math.abs(at - PROBE) < PROBES / 2) probes.push((performance.now() - before) * 1000);
  }
  const totalMs = performance.now() - start;
  probes.sort((a, b) => a - b);
  return { probeUs: probes[probes.length >> 1] ?? Number.NaN, totalMs };
}

function ours(cidr: string, sharing?: Sharing): Timing {
  let ipam = emptyIpam(cidr);
  const families = cidr.includes(':') ? 'ipv6' : 'ipv4';
  return time(TOTAL, (at) => {
    const outcome = ipam.allocate(`default/service-${at}`, { families, sharing });
    if (!outcome.ok) throw new Error(outcome.reason.code);
    ipam = outcome.next;
  });
}

/** Asks each address of the pool in turn whether someone has it. */
function scanning(cidr: string): Timing {
  const { spaces } = poolOf(cidr);
  const holders = new Map<string, string>();
  return time(PROBE + PROBES / 2, (at) => {
    for (let number = 0n; number < spaces.ipv4.capacity; number++) {
      const address = formatAddress({ family: 'ipv4', value: spaces.ipv4.addressAt(number) });
      if (holders.has(address)) continue;
      holders.set(address, `default/service-${at}`);
      return;
    }
  });
}

function report(name: string, { probeUs, totalMs }: Timing): void {
  console.log(
    `${name.padEnd(44)} ${probeUs.toFixed(1).padStart(9)} µs ${totalMs.toFixed(0).padStart(8)} ms`,
  );
}

console.log(`${''.padEnd(44)} ${`${PROBE}th`.padStart(12)} ${`${TOTAL} in all`.padStart(11)}`);
ours('10.0.0.0/8');
const eight = ours('10.0.0.0/8');
report('10.0.0.0/8', eight);
report('fc00::/64', ours('fc00::/64'));
report('10.0.0.0/16', ours('10.0.0.0/16'));
report(
  '10.0.0.0/8, all want to share, one port',
  ours('10.0.0.0/8', { key: 'k', backend: '', ports: ['TCP/80'] }),
);
const scan = scanning('10.0.0.0/8');
report(`scanning the used ones (${PROBE + PROBES / 2} only)`, scan);
console.log(
  `ratio for the ${PROBE}th address, scanning to ours: ${(scan.probeUs / eight.probeUs).toFixed(0)}`,
);
