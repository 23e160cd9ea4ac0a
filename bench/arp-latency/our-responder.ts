// Answers ARP for one address with our responder on our packet socket, as the speaker does.
import { Responder } from '@picluster/arp-responder';
import { openLinkSocket } from '@picluster/packet-socket';

const [interfaceName = '', address = ''] = process.argv.slice(2);
const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void): Disposable => {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};
const responder = new Responder({ link: openLinkSocket({ interfaceName }), clock });
responder.start();
responder.own(address, Number.POSITIVE_INFINITY);
process.stdout.write('ready\n');
