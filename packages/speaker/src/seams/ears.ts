import { bootTimeMs, readInterface } from '@picluster/packet-socket';
import { EarlyEars } from '../early-ears.ts';
import { ElectionPort } from '../election-port.ts';
import { systemInterfaces } from './system-interfaces.ts';

/** As the clock of the speaker, whose other parts take long to load. */
const clock = {
  nowMs: bootTimeMs,
  timer: (ms: number, fire: () => void): Disposable => {
    const timer = setTimeout(fire, Math.ceil(ms));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Those of this process. To be opened before all else is loaded, which takes a tenth of a second. */
export function openEars(): EarlyEars {
  return new EarlyEars({
    argv: process.argv.slice(2),
    env: process.env,
    reader: systemInterfaces(readInterface),
    open: (interfaceName, log) => new ElectionPort(interfaceName, { clock, log }),
  });
}
