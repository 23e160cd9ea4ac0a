// Opens a link socket on the interface of the first argument, uses every part of it, closes it, and must then end by itself.
// Prints `opened`, or the code and number of the error.
import { PacketSocketError, openLinkSocket } from '../../src/index.ts';

try {
  const link = openLinkSocket({ interfaceName: process.argv[2] ?? '' });
  link.listen({ onFrame: () => {}, onLink: () => {} });
  link.watch({ ipv4: [Uint8Array.of(192, 0, 2, 10)], ipv6: [new Uint8Array(16).fill(1)] });
  const outcome = link.send(new Uint8Array(60).fill(0xff));
  process.stdout.write(`opened, ${outcome}\n`);
  link.close();
} catch (error) {
  if (!(error instanceof PacketSocketError)) throw error;
  process.stdout.write(`${error.code} ${error.errnoName} ${error.syscall}\n`);
}
