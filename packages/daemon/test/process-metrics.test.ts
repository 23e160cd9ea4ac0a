import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { registerProcessMetrics } from '../src/seams/process-metrics.ts';

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const text = await registry.metrics();
  const lines = [...text.matchAll(/^([a-z_]+) (\S+)$/gm)];
  return new Map(lines.map(([, name = '', value = '']) => [name, Number(value)]));
}

describe('the metrics of the process', () => {
  test('are those of every Prometheus client, and each has a value', async () => {
    const found = await scrape();
    for (const name of [
      'process_cpu_seconds_total',
      'process_open_fds',
      'process_max_fds',
      'process_virtual_memory_bytes',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
    ])
      expect(found.get(name), name).toBeGreaterThan(0);
  });

  test('say what the kernel says', async () => {
    const found = await scrape();
    const ofKernel = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const anonymous = found.get('process_resident_anonymous_memory_bytes') ?? 0;
    expect(anonymous / 1024 / Number(ofKernel)).toBeCloseTo(1, 0);
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(anonymous);
  });

  test('are looked up at each scrape', async () => {
    const registry = new Registry();
    registerProcessMetrics(registry);
    const cpuOf = async (): Promise<number> => {
      const text = await registry.getSingleMetricAsString('process_cpu_seconds_total');
      return Number(/ (\S+)$/m.exec(text.split('\n').at(-1) ?? '')?.[1]);
    };
    const before = await cpuOf();
    let now = before;
    while (now === before) now = await cpuOf();
    expect(now).toBeGreaterThan(before);
  });

  test('do not wake a process that does nothing', () => {
    // Timers of the engine do not show among its resources: the kernel counts how often the process had to wait.
    const source = path.join(import.meta.dirname, '..', 'src', 'seams', 'process-metrics.ts');
    const program = `
      import { readFileSync } from 'node:fs';
      import { Registry } from 'prom-client';
      import { registerProcessMetrics } from ${JSON.stringify(source)};
      registerProcessMetrics(new Registry());
      const waits = () => Number(/^voluntary_ctxt_switches:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      setTimeout(() => {
        const before = waits();
        setTimeout(() => console.log(waits() - before), 1000);
      }, 500);`;
    const words = ['--input-type=module', '--eval', program];
    const woken = execFileSync(process.execPath, words, { cwd: import.meta.dirname });
    expect(Number(String(woken))).toBeLessThan(30);
  });
});
