// Shows a responder that answers an ARP request over a wire in memory: prints the reply in hexadecimal and decoded. No rights needed.
import {
  ARP_OPERATION,
  BROADCAST_MAC,
  ETHERTYPE,
  Responder,
  decodeArp,
  decodeEthernet,
  encodeArp,
  encodeEthernet,
  formatAddress,
  formatMac,
  parseAddress,
  type LinkListener,
  type LinkSocket,
} from '@picluster/arp-responder';

const ourMac = Uint8Array.of(2, 0, 0, 0, 0, 1);
const askerMac = Uint8Array.of(2, 0, 0, 0, 0, 0x99);

/** The shortest wire there is: what the responder sends is kept, what we put into `listener` it hears. */
const sent: Uint8Array[] = [];
let listener: LinkListener | undefined;
const link: LinkSocket = {
  interfaceName: 'wire',
  mac: ourMac,
  up: true,
  listen: (given) => void (listener = given),
  watch: () => {},
  nowMs: () => performance.now(),
  send: (frame, notAfterMs = Number.POSITIVE_INFINITY) => {
    if (performance.now() >= notAfterMs) return 'late';
    sent.push(Uint8Array.from(frame));
    return 'sent';
  },
  close: () => {},
};
const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void) => {
    const timer = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

using responder = new Responder({ link, clock });
responder.start();
responder.own('192.0.2.10', clock.nowMs() + 1000);
console.log(`announced with ${sent.length} gratuitous frames`);

/** The reply to "who has `text`?", or nothing. */
function ask(text: string): Uint8Array | undefined {
  const targetIp = parseAddress(text);
  const senderIp = parseAddress('192.0.2.99');
  if (targetIp === undefined || senderIp === undefined) throw new Error(`"${text}" is no address`);
  const payload = encodeArp({
    operation: ARP_OPERATION.REQUEST,
    senderMac: askerMac,
    senderIp,
    targetMac: new Uint8Array(6),
    targetIp,
  });
  sent.length = 0;
  listener?.onFrame(
    encodeEthernet({
      destination: BROADCAST_MAC,
      source: askerMac,
      etherType: ETHERTYPE.ARP,
      payload,
    }),
  );
  return sent[0];
}

for (const address of ['192.0.2.10', '192.0.2.11']) {
  const reply = ask(address);
  if (reply === undefined) {
    console.log(`who has ${address}? silence`);
    continue;
  }
  const frame = decodeEthernet(reply);
  const arp = typeof frame === 'string' ? frame : decodeArp(frame.payload);
  if (typeof arp === 'string') throw new Error(`not an ARP reply: ${arp}`);
  console.log(`who has ${address}? ${Buffer.from(reply).toString('hex')}`);
  console.log(`  ${formatAddress(arp.senderIp)} is at ${formatMac(arp.senderMac)}`);
}
