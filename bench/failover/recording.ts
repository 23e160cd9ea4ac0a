/** A machine that was heard about an address. Times are milliseconds of the machine's monotonic clock. */
export interface Heard {
  readonly atMs: number;
  readonly mac: string;
}

/** A stretch of time. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was asked about one address, and what was heard. */
export interface Recording {
  readonly address: string;
  readonly questions: readonly number[];
  readonly answers: readonly Heard[];
  readonly announcements: readonly Heard[];
}

/** What follows from a recording. */
export interface Evaluation {
  /** {@link longestSilence}, in milliseconds. */
  readonly silenceMs: number;
  /** {@link timeOfTwo}, in milliseconds. */
  readonly twoMs: number;
  /** How often the answerer changed. */
  readonly moves: number;
  /** Gratuitous ARP frames, or unsolicited Neighbor Advertisements, that reached the asker. */
  readonly announcements: number;
}

/** A machine that was not heard for longer than this has stopped answering; what it answers later is a new spell. */
export const SPELL_BREAK_MS = 500;

export const DEFINITIONS: string =
  'silence: from one interval of asking before the first question that was left without an answer, to the next answer. A question that is answered\n' +
  '  at once makes it one interval; the worst of a run, over all its addresses.\n' +
  `two answerers: a machine answers from an answer to its next, where that follows within ${SPELL_BREAK_MS} ms. The time in which two machines do so at\n` +
  '  once; an answer of the one between two answers of the other counts for one interval of asking at least.\n' +
  'moves: how often another machine answered than before; the most of a run, over its addresses.';

/**
 * The longest time without an answer that has to do with the span, in milliseconds: from one interval of asking before the first
 * question that came after an answer, to the next answer. So an asker that was late itself is nobody's silence. A silence
 * that has not ended lasts until the end of the span.
 */
export function longestSilence(recording: Recording, intervalMs: number, span: Span): number {
  const answers = recording.answers.map(({ atMs }) => atMs).sort(ascending);
  let longest = 0;
  let next = 0;
  for (const askedMs of firstUnanswered(recording.questions, answers)) {
    if (askedMs >= span.toMs) break;
    while (next < answers.length && (answers[next] ?? 0) < askedMs) next += 1;
    const endMs = Math.min(answers[next] ?? span.toMs, span.toMs);
    if (endMs > span.fromMs) longest = Math.max(longest, endMs - askedMs + intervalMs);
  }
  return longest;
}

/** Of the questions between two answers the first one. */
function firstUnanswered(
  questions: readonly number[],
  answers: readonly number[],
): readonly number[] {
  let answered = 0;
  let before = -1;
  return questions.filter((atMs) => {
    while (answered < answers.length && (answers[answered] ?? 0) < atMs) answered += 1;
    const isFirst = answered !== before;
    before = answered;
    return isFirst;
  });
}

/** The spans in which more than one machine answered, in order, none touching another. See {@link DEFINITIONS}. */
export function spansOfTwo(answers: readonly Heard[], intervalMs: number): readonly Span[] {
  const spells = spellsOf(answers);
  const both = spells.flatMap((one, i) =>
    spells.slice(i + 1).flatMap((other) => {
      if (one.mac === other.mac) return [];
      const fromMs = Math.max(one.fromMs, other.fromMs);
      const toMs = Math.min(one.toMs, other.toMs);
      return toMs < fromMs ? [] : [{ fromMs, toMs: Math.max(toMs, fromMs + intervalMs) }];
    }),
  );
  return merged(both);
}

/** How long more than one machine answered, in milliseconds. */
export function timeOfTwo(answers: readonly Heard[], intervalMs: number): number {
  return spansOfTwo(answers, intervalMs).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

/** Every change of the answerer. */
export function moves(
  answers: readonly Heard[],
): readonly { readonly atMs: number; readonly from: string; readonly to: string }[] {
  const sorted = answers.toSorted((a, b) => a.atMs - b.atMs);
  return sorted.flatMap(({ atMs, mac }, i) => {
    const before = sorted[i - 1];
    return before === undefined || before.mac === mac ? [] : [{ atMs, from: before.mac, to: mac }];
  });
}

/** Judges a recording. `silence` narrows where silences count; everything else is of the whole recording. */
export function evaluate(
  recording: Recording,
  intervalMs: number,
  silence: Span = { fromMs: -Infinity, toMs: Infinity },
): Evaluation {
  const endMs = recording.questions.at(-1) ?? 0;
  const span = { fromMs: silence.fromMs, toMs: Math.min(silence.toMs, endMs) };
  return {
    silenceMs: longestSilence(recording, intervalMs, span),
    twoMs: timeOfTwo(recording.answers, intervalMs),
    moves: moves(recording.answers).length,
    announcements: recording.announcements.length,
  };
}

/** The worst of several: of a run's addresses, or of a scenario's runs. */
export function worst(all: readonly Evaluation[]): Evaluation {
  const most = (of: (each: Evaluation) => number): number => Math.max(0, ...all.map(of));
  return {
    silenceMs: most(({ silenceMs }) => silenceMs),
    twoMs: most(({ twoMs }) => twoMs),
    moves: most((each) => each.moves),
    announcements: most(({ announcements }) => announcements),
  };
}

function spellsOf(answers: readonly Heard[]): readonly (Span & { readonly mac: string })[] {
  return [...Map.groupBy(answers, ({ mac }) => mac)].flatMap(([mac, own]) => {
    const times = own.map(({ atMs }) => atMs).sort(ascending);
    const begins = times.filter((atMs, i) => atMs - (times[i - 1] ?? -Infinity) > SPELL_BREAK_MS);
    return begins.map((fromMs, i) => {
      const nextMs = begins[i + 1] ?? Infinity;
      return { mac, fromMs, toMs: times.findLast((atMs) => atMs < nextMs) ?? fromMs };
    });
  });
}

function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last !== undefined && span.fromMs <= last.toMs)
      result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
    else result.push(span);
  }
  return result;
}

function ascending(a: number, b: number): number {
  return a - b;
}
