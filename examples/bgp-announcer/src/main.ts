// Announces prefixes to a router: `node --conditions=@picluster/source src/main.ts 192.0.2.2 179 64513 192.0.2.1 64512 203.0.113.0/24 …`
// Ctrl-C says goodbye, and the router takes the routes back. Exit code 2 where it was called wrongly.
import { BgpError, BgpPeer, isPrefix, type Route } from '@picluster/bgp';
import { TcpDialer } from '@picluster/packet-socket';

const [router = '', port, theirs, address = '', ours, ...prefixes] = process.argv.slice(2);
if (prefixes.length === 0 || !prefixes.every(isPrefix)) {
  console.error('usage: main.ts <router> <port> <its AS> <our address> <our AS> <prefix>…');
  process.exit(2);
}

const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void) => {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};

try {
  const dialer = new TcpDialer({ address: router, port: Number(port) });
  const options = { localAsn: Number(ours), peerAsn: Number(theirs), identifier: address };
  const deps = { dialer, clock, random: Math.random };
  const peer = new BgpPeer(deps, router, options);
  const segments = [{ type: 'AS_SEQUENCE', asns: [options.localAsn] }] as const;
  const route: Route = {
    nextHop: { address },
    attributes: [
      { type: 'ORIGIN', origin: 'IGP' },
      { type: 'AS_PATH', segments },
    ],
  };
  for (const prefix of prefixes) peer.routes.announce(prefix, route);
  peer.start();
  process.once('SIGINT', () => peer.stop('shutdown', 'Ctrl-C'));
} catch (error) {
  if (!(error instanceof BgpError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
