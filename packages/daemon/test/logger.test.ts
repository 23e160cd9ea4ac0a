import { expect, test } from 'vitest';
import { createLogger, type LogLevel } from '../src/index.ts';

function capture(level: LogLevel): {
  lines: Record<string, unknown>[];
  log: ReturnType<typeof createLogger>;
} {
  const lines: Record<string, unknown>[] = [];
  const stream = {
    write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, log: createLogger('speaker', level, stream) };
}

test('a line is one JSON object with level, time, component, message and the fields', () => {
  const { lines, log } = capture('info');
  log.info('lease acquired', { lease: 'a/b', transitions: 3 });
  expect(lines).toEqual([
    {
      level: 'info',
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      component: 'speaker',
      msg: 'lease acquired',
      lease: 'a/b',
      transitions: 3,
    },
  ]);
});

test('an error keeps its code and its cause', () => {
  const { lines, log } = capture('info');
  const error = Object.assign(new Error('no'), { code: 'conflict', cause: new Error('why') });
  log.error('failed', { error });
  expect(lines[0]?.['error']).toMatchObject({
    message: 'no',
    code: 'conflict',
    cause: { message: 'why' },
  });
});

test('lines below the level are not written, and none is silence', () => {
  const warn = capture('warn');
  warn.log.info('no');
  warn.log.warn('yes');
  expect(warn.lines.map((line) => line['msg'])).toEqual(['yes']);
  const none = capture('none');
  none.log.error('no');
  expect(none.lines).toEqual([]);
});
