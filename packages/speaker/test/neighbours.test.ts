import { expect, test } from 'vitest';
import { gatewaysOf, knownNeighbours } from '../src/neighbours.ts';

// As Linux 6.18 printed them.
const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t014DA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A00A\t024DA8C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wlan0\t00000000\t014DA8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t0000B00A\t034DA8C0\t0002\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
const ARP_TABLE = `IP address       HW type     Flags       HW address            Mask     Device
192.168.77.11    0x1         0x2         02:00:00:77:00:0b     *        eth0
192.168.77.12    0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.77.13    0x1         0x6         02:00:00:77:00:0d     *        eth0
10.244.1.2       0x1         0x2         9e:11:ac:3b:e8:9f     *        pod0
`;

test('gateways are those of routes that are up, on that interface, each once', () => {
  expect(gatewaysOf(ROUTES, 'eth0')).toEqual(['192.168.77.1', '192.168.77.2']);
  expect(gatewaysOf(ROUTES, 'wlan0')).toEqual(['192.168.77.1']);
  expect(gatewaysOf(ROUTES, 'eth1')).toEqual([]);
});

test('neighbours are those with a known hardware address, on that interface', () => {
  expect(knownNeighbours(ARP_TABLE, 'eth0')).toEqual(['192.168.77.11', '192.168.77.13']);
  expect(knownNeighbours(ARP_TABLE, 'eth1')).toEqual([]);
});

test.each(['', 'nonsense', 'a b\nc', 'Iface Destination\neth0 0 xyz 0003'])(
  'a table that is none holds nobody: %j',
  (text) => {
    expect(gatewaysOf(text, 'eth0')).toEqual([]);
    expect(knownNeighbours(text, 'eth0')).toEqual([]);
  },
);
