// Prints what a router announces: `node --conditions=@picluster/source src/main.ts 192.0.2.1 179 64512 192.0.2.2 64513` listens at our address and port for the router,
// which is to connect. Exit code 1 and the reason where it cannot listen, 2 where it was called wrongly.
import {
  attributeOf,
  BgpError,
  BgpPeer,
  BgpSpeaker,
  explainEnd,
  type PeerListener,
  routesOf,
} from '@picluster/bgp';
import { PacketSocketError, TcpAcceptor, TcpDialer } from '@picluster/packet-socket';

const [address = '', port, ours, router = '', theirs] = process.argv.slice(2);
if (theirs === undefined) {
  console.error('usage: main.ts <our address> <port> <our AS> <router> <its AS>');
  process.exit(2);
}

const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void) => {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};

const listener: PeerListener = {
  established: ({ negotiated }) => console.log(`AS ${negotiated.peerAsn} is there`),
  update: (update, errors) => {
    for (const { reason, grade } of errors) console.log(`! ${reason}: ${grade}`);
    const path = attributeOf(update.attributes, 'AS_PATH')?.segments.flatMap(({ asns }) => asns);
    const { withdrawn, announced } = routesOf(update);
    for (const prefix of withdrawn.flatMap(({ prefixes }) => prefixes)) console.log(`- ${prefix}`);
    for (const { prefixes, nextHop } of announced) {
      for (const prefix of prefixes)
        console.log(`+ ${prefix} via ${nextHop.address}, path ${path?.join(' ')}`);
    }
  },
  endOfRib: (family) => console.log(`that was all of ${family}`),
  down: (reason) => console.log(`it is gone: ${explainEnd(reason)}`),
};

try {
  const options = {
    localAsn: Number(ours),
    peerAsn: Number(theirs),
    identifier: address,
    mode: 'passive',
  } as const;
  const dialer = new TcpDialer({ address: router, port: Number(port) }); // A passive session never dials.
  const speaker = new BgpSpeaker();
  const peer = new BgpPeer({ dialer, clock, random: Math.random, listener }, router, options);
  speaker.add(router, peer);
  const acceptor = new TcpAcceptor({ address, port: Number(port) }, (stream) =>
    speaker.accept(stream),
  );
  peer.start();
  console.log(`listening at ${address} port ${acceptor.port}`);
} catch (error) {
  if (!(error instanceof PacketSocketError || error instanceof BgpError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof BgpError ? 2 : 1;
}
