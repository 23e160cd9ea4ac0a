import { expect, test } from 'vitest';
import { cease, hardReset, shutdownNotification } from '../../src/index.ts';
import { notification } from './session-bench.ts';

test('a shutdown without a reason has no data', () => {
  expect(shutdownNotification('')).toEqual(notification(6, 2));
});

test('the reason of a shutdown is preceded by its length in bytes (RFC 9003 §2)', () => {
  const { data } = shutdownNotification('zurück');
  expect(data[0]).toBe(7);
  expect(new TextDecoder().decode(data.subarray(1))).toBe('zurück');
});

test('a reason of more than 255 bytes is cut between characters', () => {
  const { data } = shutdownNotification(`a${'ü'.repeat(200)}`);
  expect([data[0], data.length]).toEqual([255, 256]);
  expect(new TextDecoder('utf-8', { fatal: true }).decode(data.subarray(1))).toHaveLength(128);
  const cut = shutdownNotification('ü'.repeat(200)).data;
  expect([cut[0], cut.length]).toEqual([254, 255]);
});

test('a Hard Reset carries what it stands for (RFC 8538 §3.1)', () => {
  expect(hardReset(cease(2, Uint8Array.of(1, 65)))).toEqual(
    notification(6, 9, Uint8Array.of(6, 2, 1, 65)),
  );
});
