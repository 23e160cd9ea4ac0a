// A worker with open sockets that ends in the way that its data says.
import { parentPort, workerData } from 'node:worker_threads';
import { KEEP, openLinkSocket, PacketSocket } from '../../src/index.ts';

const { interfaceName, how } = workerData as { interfaceName: string; how: string };
const link = openLinkSocket({ interfaceName });
link.listen({ onFrame: () => {}, onLink: () => {} });
link.watch({ ipv4: [Uint8Array.of(192, 0, 2, 10)], ipv6: [new Uint8Array(16).fill(1)] });
const listener = { onFrame: (): void => {}, onError: (): void => {} };
const held = PacketSocket.open({ interfaceName, etherType: 0x88b5, filter: [KEEP] }, listener);
held.hold(60_000);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage('open');
if (how === 'exits') process.exit(0);
if (how === 'closes and exits') {
  link.close();
  held.close();
  process.exit(0);
}
if (how === 'throws') throw new Error('on purpose');
