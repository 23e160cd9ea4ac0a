import { describe, expect, test } from 'vitest';
import { SESSION_PHASES } from '../../src/index.ts';
import { type EventName, events, type Situation, situations } from './session-events.ts';
import { table } from './session-table.ts';

const names = Object.keys(situations) as Situation[];

test('the table has every event in every state, and nothing else', () => {
  expect(Object.keys(table)).toEqual(names);
  for (const name of names) expect(Object.keys(table[name]), name).toEqual(Object.keys(events));
  const phases = new Set(names.map((name) => situations[name]().phase));
  expect([...phases].toSorted()).toEqual([...SESSION_PHASES].toSorted());
});

describe.each(names)('%s', (name) => {
  test('is where the table begins', () => {
    expect(situations[name]().phase).toBe(name.split(',')[0]);
  });

  test.each(Object.entries(table[name]))('%s → %s', (event, expected) => {
    const bench = situations[name]();
    const effects = events[event as EventName](bench);
    expect([bench.phase, ...effects].join('; ')).toBe(expected);
  });
});
