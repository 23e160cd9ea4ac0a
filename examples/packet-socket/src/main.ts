// Shows who asks for whom on an interface: `node --conditions=@picluster/source src/main.ts eth0 10` prints the ARP requests of ten seconds.
// Needs root or CAP_NET_RAW; exit code 1 and the reason where it cannot, 2 where it was called wrongly.
import {
  ETHERTYPE,
  KEEP,
  PacketSocket,
  PacketSocketError,
  requireField,
} from '@picluster/packet-socket';

const ARP_REQUEST = 1;

const [interfaceName = '', text = '10'] = process.argv.slice(2);
const seconds = Number(text);
if (interfaceName === '' || !(seconds > 0)) {
  process.stderr.write('usage: main.ts <interface> [seconds]\n');
  process.exit(2);
}

/** Four bytes of the frame as `192.0.2.1`. */
const ipAt = (frame: Uint8Array, at: number): string => frame.subarray(at, at + 4).join('.');

try {
  // The kernel looks at each frame; only ARP requests wake this process.
  const filter = [...requireField(2, 12, ETHERTYPE.ARP), ...requireField(2, 20, ARP_REQUEST), KEEP];
  const socket = PacketSocket.open(
    { interfaceName, etherType: ETHERTYPE.ARP, filter },
    {
      onFrame: (frame) => {
        if (frame.length >= 42) console.log(`${ipAt(frame, 28)} asks for ${ipAt(frame, 38)}`);
      },
      onError: (error) => console.error(error.message),
    },
  );
  console.log(`listening on ${interfaceName} for ${seconds} s`);
  setTimeout(() => {
    console.log(`${socket.stats().frames} requests`);
    socket.close();
  }, seconds * 1000);
} catch (error) {
  if (!(error instanceof PacketSocketError)) throw error;
  console.error(`cannot listen: ${error.message}`);
  process.exitCode = 1;
}
