import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { Series } from '../src/series.ts';

test('each set of labels has a value of its own, as a list of them would say, whatever is set, added and removed', () => {
  const text = fc.constantFrom('', 'a', 'b', '1.2.3.4', 'a/b');
  const step = fc.record({
    what: fc.constantFrom('set', 'add', 'remove'),
    labels: fc.record({ one: text, two: text }),
    by: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const series = new Series(['one', 'two']);
      const model = new Map<string, { labels: Record<string, string>; value: number }>();
      for (const { what, labels, by } of steps) {
        const key = JSON.stringify([labels.one, labels.two]);
        const before = model.get(key)?.value ?? 0;
        if (what === 'remove') model.delete(key);
        else model.set(key, { labels: present(labels), value: what === 'set' ? by : before + by });
        if (what === 'remove') series.remove(labels);
        else if (what === 'set') series.set(labels, by);
        else series.add(labels, by);
      }
      const known = series.list();
      expect(known.length).toBe(model.size);
      expect(known).toEqual(expect.arrayContaining([...model.values()]));
    }),
  );
});

test('a metric without labels is 0 from the start, and a label that is none of its own is a mistake', () => {
  expect(new Series([]).list()).toEqual([{ labels: {}, value: 0 }]);
  expect(new Series(['ip']).list()).toEqual([]);
  expect(() => new Series(['ip']).set({ node: 'n1' }, 1)).toThrow('no label of this metric: node');
});

test('a scrape shows every series with its labels, and what is counted at the scrape', async () => {
  const metrics = createMetrics();
  const asked = metrics.counter('asked_total', 'Questions.', ['ip']);
  const announced = metrics.gauge('announced', 'Services.', ['service', 'ip']);
  metrics.counter('starts_total', 'Starts.');
  metrics.gauge('waiting', 'Keys.', [], () => 7);
  metrics.gauge('waiting_since', 'Since when each waits.', ['key'], () =>
    ['a', 'b'].map((key, value) => ({ labels: { key }, value })),
  );
  asked.inc({ ip: '192.0.2.1' });
  asked.inc({ ip: '192.0.2.1' }, 2);
  asked.inc({ ip: '2001:db8::1' });
  announced.set(1, { service: 'default/web "quoted"', ip: '192.0.2.1' });
  announced.set(1, { service: 'default/gone', ip: '192.0.2.2' });
  announced.remove({ service: 'default/gone', ip: '192.0.2.2' });
  const { body } = await metrics.scrape();
  const lines = body.split('\n').filter((line) => /^(asked|announced|starts|waiting)/.test(line));
  expect(lines).toEqual([
    'asked_total{ip="192.0.2.1"} 3',
    'asked_total{ip="2001:db8::1"} 1',
    'announced{service="default/web \\"quoted\\"",ip="192.0.2.1"} 1',
    'starts_total 0',
    'waiting 7',
    'waiting_since{key="a"} 0',
    'waiting_since{key="b"} 1',
  ]);
});

function present(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, text]) => text !== ''));
}
