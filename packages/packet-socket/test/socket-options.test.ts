import { describe, expect, test } from 'vitest';
import type { SocketAddon } from '../src/addon.ts';
import { PacketSocketError } from '../src/index.ts';
import { socketAddress } from '../src/socket-address.ts';
import { md5Signature } from '../src/socket-options.ts';
import { connectTcp } from '../src/tcp-socket.ts';

/** Knows one interface, `eth0` with the index 7, and refuses the option that a test names; it keeps what it was told. */
function fakeAddon(
  refuse: Partial<Record<'openSocket' | 'setSocketOption' | 'bindSocket', number>> = {},
) {
  const told: string[] = [];
  const addon: SocketAddon = {
    queryInterface: (_handle, name, out: Int32Array) => {
      if (name !== 'eth0') return -19;
      out[0] = 7;
      return 0;
    },
    openSocket: (family: number, type: number) => {
      told.push(`socket ${family} ${type}`);
      return refuse.openSocket ?? 42;
    },
    setSocketOption: (descriptor: number, level: number, name: number, value: Uint8Array) => {
      told.push(`set ${descriptor} ${level} ${name} ${value.length > 8 ? '…' : value.join('.')}`);
      return refuse.setSocketOption ?? 0;
    },
    bindSocket: (descriptor: number) => {
      told.push(`bind ${descriptor}`);
      return refuse.bindSocket ?? 0;
    },
    closeSocket: (descriptor: number) => {
      told.push(`close ${descriptor}`);
      return 0;
    },
    filterSocket: () => 0,
  };
  return { addon, told };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a sockaddr', () => {
  const { addon } = fakeAddon();

  test('of IPv4 is family, port, address and eight bytes of nothing', () => {
    const { family, bytes } = socketAddress('192.0.2.1', 179, addon);
    expect([family, hex(bytes)]).toEqual([2, `020000b3c0000201${'00'.repeat(8)}`]);
  });

  test('of IPv6 is family, port, flow label, address and interface', () => {
    const { family, bytes } = socketAddress('fe80::1%eth0', 179, addon);
    const address = `fe80${'00'.repeat(13)}01`;
    expect([family, hex(bytes)]).toEqual([10, `0a0000b300000000${address}07000000`]);
  });

  test.each(['', 'router', '192.0.2.1%eth0', '192.0.2.256', '2001:db8::1::'])(
    '%j is no address',
    (text) => {
      expect(() => socketAddress(text, 179, addon)).toThrow(RangeError);
    },
  );

  test('a link-local address on an interface that is not there has the code no-such-interface', () => {
    expect(() => socketAddress('fe80::1%eth9', 179, addon)).toThrow(PacketSocketError);
  });

  test.each([-1, 65_536, 1.5])('%d is no port', (port) => {
    expect(() => socketAddress('192.0.2.1', port, addon)).toThrow(RangeError);
  });
});

describe('a TCP MD5 key', () => {
  const { addon } = fakeAddon();

  test('is address, flags, prefix length, key length, interface and the key in 80 bytes', () => {
    const value = md5Signature({ address: '192.0.2.1', password: 'bgp' }, addon);
    expect(value).toHaveLength(216);
    expect(hex(value.subarray(0, 8))).toBe('02000000c0000201');
    expect(hex(value.subarray(128, 140))).toBe('000003000000000062677000');
  });

  test('has at most 80 bytes', () => {
    expect(() => md5Signature({ address: '192.0.2.1', password: 'é'.repeat(41) }, addon)).toThrow(
      RangeError,
    );
  });
});

describe('a connection that cannot be begun', () => {
  const options = { address: '192.0.2.1', port: 179, source: '192.0.2.2', ttl: 255 };

  test('throws with the code of what is missing, and leaves no descriptor', () => {
    const { addon, told } = fakeAddon({ bindSocket: -99 });
    expect(() => connectTcp(options, addon)).toThrow(
      expect.objectContaining({ code: 'address-not-available', syscall: 'bind' }),
    );
    expect(told).toEqual(['socket 2 1', 'set 42 0 2 255.0.0.0', 'bind 42', 'close 42']);
  });

  test('throws for a TTL that is none', () => {
    const { addon, told } = fakeAddon();
    expect(() => connectTcp({ ...options, minTtl: 256 }, addon)).toThrow(RangeError);
    expect(told.at(-1)).toBe('close 42');
  });

  test('throws where there is no socket to be had', () => {
    const { addon, told } = fakeAddon({ openSocket: -24 });
    expect(() => connectTcp(options, addon)).toThrow(PacketSocketError);
    expect(told).toEqual(['socket 2 1']);
  });
});
