// A listener that throws at the first frame: the exception must come out as uncaught, and the socket go on.
import { openLinkSocket } from '../../src/index.ts';

let thrown = 0;
process.on('uncaughtException', (error) => {
  thrown++;
  process.stdout.write(`uncaught: ${error.message}\n`);
});
const link = openLinkSocket({ interfaceName: process.argv[2] ?? '' });
link.listen({
  onFrame: () => {
    if (thrown === 0) throw new Error('on purpose');
    process.stdout.write('next frame\n');
    link.close();
  },
  onLink: () => {},
});
link.watch({ ipv4: [Uint8Array.of(192, 0, 2, 10)], ipv6: [] });
process.stdout.write('ready\n');
