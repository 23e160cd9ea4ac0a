// A router that means harm, for one session: `flood` tells more routes than the Internet has, `deaf` asks for ours again and again and reads nothing.
// Arguments: address, what it does. Prints `established`, and `done` when it has done that.
import { createServer, type Socket } from 'node:net';
import {
  afiSafiOf,
  encodeMessage,
  originatedRoute,
  packUpdates,
  ROUTE_REFRESH_SUBTYPE,
  type OpenMessage,
} from '@picluster/bgp';

const ASN = 64_512;
/** So many times 65,536 routes. */
const FLOODS = 30;
/** So often ten thousand questions, with a moment after each so that they are answered. */
const BURSTS = 60;
const MOMENT_MS = 100;

const [address = '', what = ''] = process.argv.slice(2);

const open: OpenMessage = {
  type: 'OPEN',
  myAs: ASN,
  holdTimeS: 90,
  bgpIdentifier: address,
  capabilities: [
    { type: 'MULTIPROTOCOL', ...afiSafiOf('ipv4-unicast') },
    { type: 'ROUTE_REFRESH' },
    { type: 'FOUR_OCTET_AS', asn: ASN },
  ],
};
const keepalive = encodeMessage({ type: 'KEEPALIVE' });
const question = encodeMessage({
  type: 'ROUTE-REFRESH',
  ...afiSafiOf('ipv4-unicast'),
  subtype: ROUTE_REFRESH_SUBTYPE.REQUEST,
});

function updates(round: number): Uint8Array[] {
  const { attributes, nextHop } = originatedRoute(
    { nextHop: { address } },
    { external: true, localAsn: ASN },
  );
  const prefixes = Array.from(
    { length: 65_536 },
    (_, at) => `${20 + round}.${at >> 8}.${at & 0xff}.0/24`,
  );
  const announced = [{ nextHop, attributes, prefixes }];
  const limits = { fourOctetAs: true, sendLengthMax: 4096 };
  const packed = packUpdates({ withdrawn: [], announced }, limits);
  return packed.updates.map((update) => encodeMessage(update));
}

/** Resolves when the socket has taken it. */
async function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()));
}

async function flood(socket: Socket): Promise<void> {
  for (let round = 0; round < FLOODS; round++) {
    for (const update of updates(round)) await send(socket, update);
  }
}

async function ask(socket: Socket): Promise<void> {
  socket.pause();
  const many = Buffer.concat(Array.from({ length: 1000 }, () => question));
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let times = 0; times < 10; times++) await send(socket, many);
    await new Promise((resolve) => void setTimeout(resolve, MOMENT_MS));
  }
}

createServer((socket) => {
  socket.on('error', () => {});
  const lives = setInterval(() => socket.write(keepalive), 5000);
  socket.on('close', () => clearInterval(lives));
  socket.on('data', () => {});
  socket.write(encodeMessage(open));
  // The second chunk is the KEEPALIVE that answers ours.
  socket.once('data', () => {
    socket.write(keepalive);
    socket.once('data', () => {
      console.log('established');
      void (what === 'flood' ? flood(socket) : ask(socket)).then(() => console.log('done'));
    });
  });
}).listen(179, address);
