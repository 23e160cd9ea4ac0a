import { describe, expect, test } from 'vitest';
import { Recording } from './asker.ts';

const A = '02:00:00:77:00:0b';
const B = '02:00:00:77:00:0c';

/** Lines of the asker; times in milliseconds. */
function recording(
  ...lines: readonly [kind: 'S' | 'R' | 'A', ms: number, mac?: string][]
): Recording {
  const made = new Recording();
  for (const [kind, ms, mac] of lines) made.add([kind, ms * 1_000, mac ?? ''].join(' ').trim());
  return made;
}

describe('a recording', () => {
  test('an answer counts from the question before it', () => {
    const { answers } = recording(['S', 100], ['R', 100.5, A], ['S', 110], ['R', 112, A]);
    expect(answers.map(({ afterAskMs }) => afterAskMs)).toEqual([0.5, 2]);
  });

  test('an announcement is no answer', () => {
    const made = recording(['S', 100], ['A', 101, A]);
    expect(made.answers).toEqual([]);
    expect(made.announcements.map(({ mac }) => mac)).toEqual([A]);
  });

  test('silence is the longest time without an answer, the ends included', () => {
    expect(
      recording(['S', 0], ['S', 10], ['R', 15, A], ['S', 20], ['R', 21, A]).longestSilenceMs,
    ).toBe(15);
    expect(recording(['S', 0], ['R', 1, A], ['S', 500]).longestSilenceMs).toBe(499);
    expect(recording().longestSilenceMs).toBe(0);
  });

  test('a handover tells from whom to whom, and the gap between their answers', () => {
    const made = recording(
      ['S', 0],
      ['R', 1, A],
      ['S', 10],
      ['S', 20],
      ['R', 22, B],
      ['S', 30],
      ['R', 31, B],
    );
    expect(made.handovers).toEqual([{ atMs: 22, from: A, to: B, gapMs: 21 }]);
    expect(made.answerers).toEqual([A, B]);
    expect(made.twoAnswered).toEqual([]);
  });

  test('two answers to one question from two machines are seen', () => {
    const made = recording(
      ['S', 0],
      ['R', 1, A],
      ['S', 10],
      ['R', 11, A],
      ['R', 12, B],
      ['S', 20],
      ['R', 21, B],
    );
    expect(made.twoAnswered).toEqual([{ atMs: 10, macs: [A, B] }]);
  });

  test('one that answers again after another did is seen, also when no question had two answers', () => {
    const made = recording(['S', 0], ['R', 1, A], ['S', 10], ['R', 11, B], ['S', 20], ['R', 21, A]);
    expect(made.twoAnswered).toEqual([{ atMs: 21, macs: [B, A] }]);
  });

  test('the first answer can be asked for by time and by machine', () => {
    const made = recording(['S', 0], ['R', 1, A], ['S', 10], ['R', 11, B]);
    expect(made.firstAnswer()?.mac).toBe(A);
    expect(made.firstAnswer(5)?.mac).toBe(B);
    expect(made.firstAnswer(0, B)?.atMs).toBe(11);
    expect(made.firstAnswer(12)).toBeUndefined();
  });
});
