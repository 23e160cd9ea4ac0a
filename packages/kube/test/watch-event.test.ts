import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWatchLine } from '../src/watch-event.ts';
import { added, bookmark, errorEvent, service } from './scripted-client.ts';

describe('decodeWatchLine', () => {
  it('takes the events of a watch for what they are', () => {
    const object = service('a', 3);
    expect(decodeWatchLine(JSON.stringify(added(object)))).toEqual({ type: 'ADDED', object });
    expect(decodeWatchLine(JSON.stringify(bookmark(9)))).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '9',
      initialEventsEnd: false,
    });
    expect(decodeWatchLine(JSON.stringify(bookmark(9, true)))).toMatchObject({
      initialEventsEnd: true,
    });
    expect(decodeWatchLine(JSON.stringify(errorEvent(410, 'Expired')))).toMatchObject({
      type: 'ERROR',
      status: { code: 410 },
    });
  });

  it.each([
    ['', 'not-json'],
    ['{"type":"ADDED","object":{"metadata":{"name":"a"', 'not-json'],
    ['null', 'unknown-type'],
    ['[]', 'unknown-type'],
    ['{"type":"added","object":{}}', 'unknown-type'],
    ['{"type":"ADDED"}', 'no-object'],
    ['{"type":"ADDED","object":{"metadata":null}}', 'no-object'],
    ['{"type":"ADDED","object":{"metadata":{"name":7,"resourceVersion":"1"}}}', 'no-name'],
    [
      '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":{},"resourceVersion":"1"}}}',
      'no-name',
    ],
    ['{"type":"MODIFIED","object":{"metadata":{"name":"a"}}}', 'no-version'],
    ['{"type":"BOOKMARK","object":{}}', 'no-object'],
    ['{"type":"BOOKMARK","object":{"metadata":{}}}', 'no-version'],
  ])('says of %s: %s', (line, fault) => {
    expect(decodeWatchLine(line)).toBe(fault);
  });

  it('gives an event or a reason, whatever JSON or text it gets', () => {
    const metadata = fc.dictionary(
      fc.constantFrom('name', 'namespace', 'resourceVersion', 'annotations'),
      fc.jsonValue(),
    );
    const event = fc.record({
      type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'x'),
      object: fc.record({ metadata }),
    });
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      event.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(line, (text) => {
        const decoded = decodeWatchLine(text);
        expect(typeof decoded === 'string' ? 'a reason' : decoded.type).toMatch(
          /^(a reason|ADDED|BOOKMARK|ERROR)$/,
        );
      }),
    );
  });

  it('takes no line that was cut short', () => {
    const line = JSON.stringify(added(service('a', 3)));
    for (let end = 0; end < line.length; end++)
      expect(decodeWatchLine(line.slice(0, end))).toBe('not-json');
  });
});
