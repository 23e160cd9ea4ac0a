import { describe, expect, test } from 'vitest';
import {
  evaluate,
  longestSilence,
  moves,
  spansOfTwo,
  SPELL_BREAK_MS,
  timeOfTwo,
  type Heard,
  type Recording,
} from './recording.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';
const C = '02:00:00:00:00:0c';
const INTERVAL_MS = 10;
const ALL = { fromMs: -Infinity, toMs: Infinity };

/** Questions every 10 ms in [from, to). */
function asked(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / INTERVAL_MS }, (_, i) => from + i * INTERVAL_MS);
}

function answersOf(mac: string, from: number, to: number, delayMs: number = 1): Heard[] {
  return asked(from, to).map((atMs) => ({ atMs: atMs + delayMs, mac }));
}

function recording(questions: number[], answers: Heard[]): Recording {
  return { address: '192.0.2.1', questions, answers, announcements: [] };
}

function silence(questions: number[], answers: Heard[], span = ALL): number {
  const toMs = Math.min(span.toMs, questions.at(-1) ?? 0);
  return longestSilence(recording(questions, answers), INTERVAL_MS, { ...span, toMs });
}

describe('silence', () => {
  test('is one interval and the time of an answer where every question is answered', () => {
    expect(silence(asked(0, 1000), answersOf(A, 0, 1000))).toBe(11);
  });

  test('of a question that nobody answered is two intervals', () => {
    const answers = answersOf(A, 0, 1000).filter(({ atMs }) => atMs !== 501);
    expect(silence(asked(0, 1000), answers)).toBe(21);
  });

  test('reaches from the last answer of one machine to the first of another', () => {
    const answers = [...answersOf(A, 0, 300), ...answersOf(B, 1000, 2000)];
    expect(silence(asked(0, 2000), answers)).toBe(711);
  });

  test('is not what the asker itself was late for', () => {
    const answers = [...answersOf(A, 0, 300), ...answersOf(A, 900, 1200)];
    expect(silence([...asked(0, 300), ...asked(900, 1200)], answers)).toBe(11);
  });

  test('that has not ended lasts until the end', () => {
    expect(silence(asked(0, 1000), answersOf(A, 0, 300))).toBe(990 - 300 + 10);
  });

  test('before the first answer counts', () => {
    expect(silence(asked(0, 1000), answersOf(A, 400, 1000))).toBe(411);
  });

  test('does not count where it ended before the span, or began after it', () => {
    const answers = [...answersOf(A, 0, 300), ...answersOf(A, 500, 2000)];
    expect(silence(asked(0, 2000), answers, { fromMs: 600, toMs: Infinity })).toBe(11);
    expect(silence(asked(0, 2000), answers, { fromMs: 0, toMs: 200 })).toBe(11);
    expect(silence(asked(0, 2000), answers, { fromMs: 400, toMs: 600 })).toBe(211);
  });

  test('does not depend on the order in which answers were read', () => {
    const answers = [...answersOf(B, 1000, 2000), ...answersOf(A, 0, 300)];
    expect(silence(asked(0, 2000), answers)).toBe(711);
  });

  test('of an address that was never answered is the whole time', () => {
    expect(silence(asked(0, 1000), [])).toBe(1000);
  });
});

describe('two answerers', () => {
  test('are none where one machine begins after the other ended', () => {
    expect(timeOfTwo([...answersOf(A, 0, 300), ...answersOf(B, 300, 900)], INTERVAL_MS)).toBe(0);
  });

  test('are none where the first answer of the next is to the last question of the one before', () => {
    const answers = [...answersOf(A, 0, 300, 1), ...answersOf(B, 290, 900, 2)];
    expect(timeOfTwo(answers, INTERVAL_MS)).toBe(0);
  });

  test('are two from the first answer of the next to the last of the one before', () => {
    const answers = [...answersOf(A, 0, 500, 1), ...answersOf(B, 300, 900, 2)];
    expect(spansOfTwo(answers, INTERVAL_MS)).toEqual([{ fromMs: 302, toMs: 491 }]);
  });

  test('are two for one interval where one machine says a single word into the answers of another', () => {
    const answers = [...answersOf(A, 0, 1000), { atMs: 505, mac: B }];
    expect(timeOfTwo(answers, INTERVAL_MS)).toBe(INTERVAL_MS);
  });

  test('are two where they take turns and no question has two answers', () => {
    const turns = asked(0, 200).map((atMs, i) => ({ atMs, mac: i % 2 === 0 ? A : B }));
    expect(timeOfTwo(turns, INTERVAL_MS)).toBe(170);
  });

  test('are not two where an address goes and later comes back', () => {
    const answers = [
      ...answersOf(A, 0, 300),
      ...answersOf(B, 300, 1000),
      ...answersOf(A, 1000, 2000),
    ];
    expect(timeOfTwo(answers, INTERVAL_MS)).toBe(0);
    expect(moves(answers)).toHaveLength(2);
  });

  test('are two where one comes back sooner than it can have stopped', () => {
    const answers = [
      ...answersOf(A, 0, 300),
      ...answersOf(B, 300, 400),
      ...answersOf(A, 400, 1000),
    ];
    expect(400 - 300).toBeLessThan(SPELL_BREAK_MS);
    expect(spansOfTwo(answers, INTERVAL_MS)).toEqual([{ fromMs: 301, toMs: 391 }]);
  });

  test('of three machines are counted once', () => {
    const answers = [A, B, C].flatMap((mac) => answersOf(mac, 0, 110));
    expect(timeOfTwo(answers, INTERVAL_MS)).toBe(100);
  });
});

test('a recording is judged as a whole, and its silence within a span', () => {
  const answers = [...answersOf(A, 0, 300), ...answersOf(B, 1000, 2000)];
  const announcements = [{ atMs: 1000, mac: B }];
  const judged = { ...recording(asked(0, 2000), answers), announcements };
  const calm = { silenceMs: 11, twoMs: 0, moves: 1, announcements: 1 };
  expect(evaluate(judged, INTERVAL_MS)).toEqual({ ...calm, silenceMs: 711 });
  expect(evaluate(judged, INTERVAL_MS, { fromMs: 1500, toMs: Infinity })).toEqual(calm);
});
