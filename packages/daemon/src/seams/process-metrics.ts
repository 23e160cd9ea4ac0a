import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What a figure is called, what it is, and its value now; `undefined` where the system does not tell. */
type Figure = readonly [name: string, help: string, value: () => number | undefined];

const MICROSECONDS = 1e6;

const totals: readonly Figure[] = [
  [
    'process_cpu_user_seconds_total',
    'CPU time in user space.',
    () => process.cpuUsage().user / MICROSECONDS,
  ],
  [
    'process_cpu_system_seconds_total',
    'CPU time in the kernel.',
    () => process.cpuUsage().system / MICROSECONDS,
  ],
  [
    'process_cpu_seconds_total',
    'CPU time.',
    () => (process.cpuUsage().user + process.cpuUsage().system) / MICROSECONDS,
  ],
];

const levels: readonly Figure[] = [
  [
    'process_start_time_seconds',
    'Start of the process, in seconds since the epoch.',
    () => performance.timeOrigin / 1000,
  ],
  [
    'process_resident_memory_bytes',
    'Resident memory, with the pages of files.',
    () => process.memoryUsage.rss(),
  ],
  [
    'process_resident_anonymous_memory_bytes',
    'Resident memory that belongs to no file: what the process takes from others.',
    () => kilobytesOf('RssAnon'),
  ],
  ['process_virtual_memory_bytes', 'Address space.', () => kilobytesOf('VmSize')],
  ['process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length - 1],
  ['process_max_fds', 'Open file descriptors that are allowed.', descriptorLimit],
  ['nodejs_heap_size_total_bytes', 'The JavaScript heap.', () => process.memoryUsage().heapTotal],
  [
    'nodejs_heap_size_used_bytes',
    'What of the JavaScript heap is used.',
    () => process.memoryUsage().heapUsed,
  ],
  [
    'nodejs_external_memory_bytes',
    'Memory outside the heap that JavaScript objects own.',
    () => process.memoryUsage().external,
  ],
  [
    'nodejs_active_resources_total',
    'Timers, sockets and requests that keep the process alive.',
    () => process.getActiveResourcesInfo().length,
  ],
];

/**
 * Registers what every Prometheus client library tells of its process, and Node's memory. Everything is looked up at the scrape.
 *
 * Not prom-client's own set: its measurement of the event loop's delay wakes the process a hundred times a second, more often than all else
 * that a speaker does at rest.
 */
export function registerProcessMetrics(registry: Registry): void {
  const registers = [registry];
  for (const [name, help, value] of totals) {
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        counter.reset();
        counter.inc(value() ?? 0);
      },
    });
  }
  for (const [name, help, value] of levels) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => {
        const now = tryTo(value);
        if (now === undefined) gauge.remove();
        else gauge.set(now);
      },
    });
  }
}

/** The value; `undefined` where `/proc` is not there or says nothing of it. */
function tryTo(value: () => number | undefined): number | undefined {
  try {
    return value();
  } catch {
    return undefined;
  }
}

function kilobytesOf(field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'),
  );
  return found === null ? undefined : Number(found[1]) * 1024;
}

function descriptorLimit(): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return found === null ? undefined : Number(found[1]);
}
