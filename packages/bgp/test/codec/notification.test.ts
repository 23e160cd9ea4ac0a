import { describe, expect, test } from 'vitest';
import {
  CEASE,
  FSM_ERROR,
  HEADER_ERROR,
  NOTIFICATION,
  OPEN_ERROR,
  ROUTE_REFRESH_ERROR,
  UPDATE_ERROR,
  explainNotification,
  hardReset,
  hardResetOf,
  notificationOf,
  shutdownCommunicationOf,
  shutdownNotification,
} from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';

describe('a line for the log', () => {
  test.each([
    [1, 1, '', 'Message Header Error, Connection Not Synchronized'],
    [1, 2, '1001', 'Message Header Error, Bad Message Length: length 4097'],
    [1, 3, '09', 'Message Header Error, Bad Message Type: type 9'],
    [2, 0, '', 'OPEN Message Error'],
    [2, 1, '0004', 'OPEN Message Error, Unsupported Version Number: version 4 is the largest'],
    [2, 7, '010400010001', 'OPEN Message Error, Unsupported Capability: 010400010001'],
    [2, 200, '', 'OPEN Message Error, subcode 200'],
    [3, 3, '03', 'UPDATE Message Error, Missing Well-known Attribute: type 3'],
    [3, 11, '', 'UPDATE Message Error, Malformed AS_PATH'],
    [4, 0, '', 'Hold Timer Expired'],
    [5, 3, '', 'Finite State Machine Error, Unexpected Message in Established'],
    [
      6,
      1,
      '000101000003e8',
      'Cease, Maximum Number of Prefixes Reached: AFI 1, SAFI 1, at most 1000',
    ],
    [6, 1, '00', 'Cease, Maximum Number of Prefixes Reached: 00'],
    [6, 2, '', 'Cease, Administrative Shutdown'],
    [6, 4, '03414243', 'Cease, Administrative Reset: "ABC"'],
    [6, 9, '0602034142', 'Cease, Hard Reset: Cease, Administrative Shutdown: 034142'],
    [6, 9, '060202414243', 'Cease, Hard Reset: Cease, Administrative Shutdown: "AB"'],
    [6, 9, '06', 'Cease, Hard Reset: 06'],
    [6, 10, '', 'Cease, BFD Down'],
    [7, 1, '', 'ROUTE-REFRESH Message Error, Invalid Message Length'],
    [8, 0, '', 'Send Hold Timer Expired'],
    [99, 7, '2a', 'error code 99, subcode 7: 2a'],
    [
      3,
      1,
      '00'.repeat(40),
      `UPDATE Message Error, Malformed Attribute List: ${'00'.repeat(32)}… (40 bytes)`,
    ],
  ])('of %i/%i with the data "%s" is: %s', (code, subcode, data, line) =>
    expect(explainNotification(notificationOf(code, subcode, hex(data)))).toBe(line),
  );

  test('names every subcode there is', () => {
    const subcodes: [number, Readonly<Record<string, number>>][] = [
      [NOTIFICATION.MESSAGE_HEADER_ERROR, HEADER_ERROR],
      [NOTIFICATION.OPEN_MESSAGE_ERROR, OPEN_ERROR],
      [NOTIFICATION.UPDATE_MESSAGE_ERROR, UPDATE_ERROR],
      [NOTIFICATION.FINITE_STATE_MACHINE_ERROR, FSM_ERROR],
      [NOTIFICATION.CEASE, CEASE],
      [NOTIFICATION.ROUTE_REFRESH_MESSAGE_ERROR, ROUTE_REFRESH_ERROR],
    ];
    const plain = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z]+/g, '_');
    for (const [code, names] of subcodes) {
      for (const [name, subcode] of Object.entries(names)) {
        expect(plain(explainNotification(notificationOf(code, subcode))), name).toMatch(
          new RegExp(`_${name}$`),
        );
      }
    }
    for (const [name, code] of Object.entries(NOTIFICATION)) {
      expect(plain(explainNotification(notificationOf(code)))).toBe(name);
    }
  });

  test('holds no control characters, whatever the peer said', () => {
    const line = explainNotification(shutdownNotification('a\nb\u001b[31m"'));
    expect(line).toBe('Cease, Administrative Shutdown: "a\\nb\\u001b[31m\\""');
  });

  test('is short, however deep Hard Resets are in one another', () => {
    let deep = notificationOf(NOTIFICATION.CEASE, CEASE.HARD_RESET);
    for (let depth = 0; depth < 2037; depth++) deep = hardReset(deep);
    expect(explainNotification(deep).length).toBeLessThan(200);
  });
});

describe('a shutdown communication', () => {
  const { ADMINISTRATIVE_SHUTDOWN, ADMINISTRATIVE_RESET, OUT_OF_RESOURCES } = CEASE;

  test.each(['', 'maintenance until 06:00 UTC', 'Wartung ✓ 維護 🛠'])('comes back: %j', (text) => {
    for (const subcode of [ADMINISTRATIVE_SHUTDOWN, ADMINISTRATIVE_RESET] as const) {
      const made = shutdownNotification(text, subcode);
      expect(made).toMatchObject({ code: 6, subcode });
      expect(shutdownCommunicationOf(made)).toBe(text === '' ? undefined : text);
    }
  });

  test('has its length before it, and 255 bytes at most, no half character', () => {
    expect(toHex(shutdownNotification('ab').data)).toBe('026162');
    const { data } = shutdownNotification('維'.repeat(100));
    expect([data[0], data.length]).toEqual([255, 256]);
    const odd = shutdownNotification(`x${'維'.repeat(100)}`);
    expect(odd.data[0]).toBe(253);
    expect(shutdownCommunicationOf(odd)).toBe(`x${'維'.repeat(84)}`);
  });

  test('with half a surrogate pair has the replacement character for it', () => {
    expect(shutdownCommunicationOf(shutdownNotification('a\ud800'))).toBe('a\ufffd');
  });

  test('is none where it is no UTF-8, overruns the data, or belongs to another subcode', () => {
    const of = (subcode: number, data: string): string | undefined =>
      shutdownCommunicationOf(notificationOf(6, subcode, hex(data)));
    expect(of(ADMINISTRATIVE_SHUTDOWN, '02c328')).toBeUndefined();
    expect(of(ADMINISTRATIVE_SHUTDOWN, '0361')).toBeUndefined();
    expect(of(ADMINISTRATIVE_SHUTDOWN, '')).toBeUndefined();
    expect(of(OUT_OF_RESOURCES, '0161')).toBeUndefined();
    expect(shutdownCommunicationOf(notificationOf(3, 2, hex('0161')))).toBeUndefined();
    // What follows the words is ignored.
    expect(of(ADMINISTRATIVE_SHUTDOWN, '0161ffff')).toBe('a');
  });
});

test('a Hard Reset has the other NOTIFICATION in it (RFC 8538 §3)', () => {
  const inner = shutdownNotification('bye');
  const outer = hardReset(inner);
  expect(toHex(outer.data)).toBe('060203627965');
  expect(outer).toMatchObject({ code: 6, subcode: 9 });
  expect(hardResetOf(outer)).toEqual(inner);
  expect(hardResetOf(inner)).toBeUndefined();
  expect(hardResetOf(notificationOf(6, 9))).toBeUndefined();
});
