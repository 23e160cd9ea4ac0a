import { expect, test } from 'vitest';
import { primaryInterface } from '../src/primary-interface.ts';

const addresses = new Map([
  ['eth0', ['10.0.0.1', 'fd00::1']],
  ['eth1', ['10.1.0.1']],
  ['wlan0', []],
]);

test('the interface with an address of the node is the one', () => {
  expect(primaryInterface(['eth0', 'eth1'], ['10.1.0.1'], addresses)).toBe('eth1');
  expect(primaryInterface(['eth1', 'eth0'], ['fd00::1'], addresses)).toBe('eth0');
});

test('where another interface than the candidates has it, there is none', () => {
  expect(primaryInterface(['eth1', 'wlan0'], ['10.0.0.1'], addresses)).toBeUndefined();
});

test('where no interface has it, it is the first by name', () => {
  expect(primaryInterface(['wlan0', 'eth1'], ['203.0.113.9'], addresses)).toBe('eth1');
  expect(primaryInterface(['wlan0'], [], addresses)).toBe('wlan0');
  expect(primaryInterface([], [], addresses)).toBeUndefined();
});
