import { expect, test } from 'vitest';
import { showApiSilence } from '../src/api-silence.ts';
import { createMetrics } from '../src/metrics.ts';

async function shown(...agesMs: number[]): Promise<string | undefined> {
  const metrics = createMetrics();
  showApiSilence(metrics, () => agesMs.map((ms) => ({ staleMs: () => ms })));
  const { body } = await metrics.scrape();
  return /^picluster_api_silence_seconds (\S+)$/m.exec(body)?.[1];
}

test('the longest silence counts, in seconds', async () => {
  expect(await shown(0, 1500, 20)).toBe('1.5');
});

test('where nothing is mirrored, nothing is silent', async () => {
  expect(await shown()).toBe('0');
});

test('what was never heard of is silent for ever', async () => {
  expect(await shown(0, Infinity)).toBe('+Inf');
});
