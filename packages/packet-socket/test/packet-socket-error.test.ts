import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { PacketSocketError, errorOfAddon, errorOfErrno } from '../src/packet-socket-error.ts';

describe('PacketSocketError', () => {
  test.each([
    ['EPERM', 'not-permitted'],
    ['EACCES', 'not-permitted'],
    ['ENODEV', 'no-such-interface'],
    ['ENXIO', 'no-such-interface'],
    ['ENETDOWN', 'interface-down'],
    ['ENOMEM', 'system'],
  ] as const)('%s has the code %s', (errnoName, code) => {
    const errno = -constants.errno[errnoName];
    const error = errorOfErrno(errno, 'bind', 'eth0');
    expect(error).toMatchObject({ code, errno, errnoName, syscall: 'bind', interfaceName: 'eth0' });
  });

  test('the message says where, what to do, and which call failed', () => {
    expect(errorOfErrno(-constants.errno.EPERM, 'socket', 'eth0').message).toBe(
      'eth0: packet sockets need the capability CAP_NET_RAW: run as root or add it (socket: EPERM)',
    );
  });

  test('a failed system call of the addon becomes one, a mistake of ours stays as it is', () => {
    const thrown = Object.assign(new Error('x'), { errno: -1, syscall: 'socket' });
    expect(errorOfAddon(thrown, 'eth0')).toBeInstanceOf(PacketSocketError);
    const mistake = new TypeError('handle: not one of this addon');
    expect(errorOfAddon(mistake, 'eth0')).toBe(mistake);
  });
});
