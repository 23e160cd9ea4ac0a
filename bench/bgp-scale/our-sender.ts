// A program of @picluster/bgp and @picluster/packet-socket: sessions with all peers of the file that is named, and routes when it is told to.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { BgpPeer, originatedRoute, type Prefix, type Route } from '@picluster/bgp';
import { TcpDialer } from '@picluster/packet-socket';
import type { SenderConfig, SenderPeer } from './sender-config.ts';

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SenderConfig;
const established = new Set<string>();
const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void): Disposable => {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};

const peers = config.peers.map((peer) => ({ peer, session: sessionWith(peer) }));
for (const { session } of peers) session.start();
if (peers.length === 0) process.stdout.write('established\n');

createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, count] = line.split(' ');
  const prefixes = Array.from({ length: word === 'announce' ? Number(count) : 0 }, prefixAt);
  for (const { peer, session } of peers) {
    const route = routeBy(peer);
    session.routes.replace(new Map(prefixes.map((prefix) => [prefix, route])));
    session.changed();
  }
});

function sessionWith({ remote, local, asn }: SenderPeer): BgpPeer {
  const dialer = new TcpDialer({ address: remote, port: 179, source: local });
  const listener = {
    established: () => {
      established.add(remote);
      if (established.size === config.peers.length) process.stdout.write('established\n');
    },
  };
  return new BgpPeer({ dialer, clock, random: Math.random, listener }, remote, {
    localAsn: config.asn,
    peerAsn: asn,
    identifier: '192.0.2.1',
    mode: 'active',
    retryFirstMs: 200,
    connectRetryMs: 1000,
  });
}

function routeBy({ local }: SenderPeer): Route {
  const origination = { nextHop: { address: local }, communities: ['65000:100'] };
  return originatedRoute(origination, { external: true, localAsn: config.asn });
}

function prefixAt(_: unknown, at: number): Prefix {
  return `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/32`;
}
