import { decodeArp, decodeEthernet, formatAddress, formatMac } from '@picluster/arp-responder';
import { SimClock } from '@picluster/testkit';
import { beforeEach, expect, test } from 'vitest';
import { Solicitor, type Neighbourhood } from '../src/solicitor.ts';

let clock: SimClock;
let sent: Uint8Array[];
let looks: number;
let neighbourhood: Neighbourhood;
let solicitor: Solicitor;

beforeEach(() => {
  clock = new SimClock();
  sent = [];
  looks = 0;
  neighbourhood = { own: '192.0.2.5', gateways: ['192.0.2.1'], others: [] };
  const port = {
    mac: Uint8Array.of(2, 0, 0, 0, 0, 5),
    send: (frame: Uint8Array): unknown => sent.push(frame),
  };
  const look = (): Neighbourhood => {
    looks++;
    return neighbourhood;
  };
  solicitor = new Solicitor({ port, clock, look });
});

/** Asks, and gives what was asked as `sender > target`. */
function ask(): string[] {
  sent.length = 0;
  solicitor.ask();
  return sent.map((frame) => {
    const ethernet = decodeEthernet(frame);
    if (typeof ethernet === 'string') return ethernet;
    const arp = decodeArp(ethernet.payload);
    if (typeof arp === 'string') return arp;
    expect(formatMac(ethernet.destination)).toBe('ff:ff:ff:ff:ff:ff');
    expect(formatMac(arp.senderMac)).toBe('02:00:00:00:00:05');
    return `${formatAddress(arp.senderIp)} > ${formatAddress(arp.targetIp)}`;
  });
}

test('the gateway is asked each time, and the others in turns', () => {
  neighbourhood = { ...neighbourhood, others: ['192.0.2.7', '192.0.2.8'] };
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.1', '192.0.2.5 > 192.0.2.7']);
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.1', '192.0.2.5 > 192.0.2.8']);
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.1', '192.0.2.5 > 192.0.2.7']);
});

test('where no gateway is known, three others are asked each time', () => {
  const others = ['192.0.2.6', '192.0.2.7', '192.0.2.8', '192.0.2.9'];
  neighbourhood = { own: '192.0.2.5', gateways: [], others };
  const asked = (last: number[]): string[] => last.map((each) => `192.0.2.5 > 192.0.2.${each}`);
  expect(ask()).toEqual(asked([6, 7, 8]));
  expect(ask()).toEqual(asked([9, 6, 7]));
});

test('an IPv6 address has no turn', () => {
  neighbourhood = { ...neighbourhood, gateways: [], others: ['2001:db8::7', '192.0.2.8'] };
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.8']);
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.8']);
});

test('a gateway that is also a neighbour is asked once', () => {
  neighbourhood = { ...neighbourhood, others: ['192.0.2.1'] };
  expect(ask()).toEqual(['192.0.2.5 > 192.0.2.1']);
});

test('who has no address of its own asks as one that looks for one', () => {
  neighbourhood = { own: undefined, gateways: [], others: ['192.0.2.7'] };
  expect(ask()).toEqual(['0.0.0.0 > 192.0.2.7']);
});

test('with nobody to ask nothing is sent, and what is no IPv4 address is passed over', () => {
  neighbourhood = { own: '192.0.2.5', gateways: [], others: [] };
  expect(ask()).toEqual([]);
  neighbourhood = { own: '192.0.2.5', gateways: ['fe80::1'], others: ['nonsense'] };
  expect(ask()).toEqual([]);
});

test('the neighbourhood is looked up once a second at most', async () => {
  ask();
  await clock.advance(999);
  ask();
  expect(looks).toBe(1);
  await clock.advance(1);
  ask();
  expect(looks).toBe(2);
});
