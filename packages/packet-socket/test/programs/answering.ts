// Answers for 192.0.2.10 until 300 ms from now, and for 192.0.2.11 for ever, on the interface of the first argument.
import { Responder } from '@picluster/arp-responder';
import { openLinkSocket } from '../../src/index.ts';
import { systemTimer } from '../../src/seams/system-timer.ts';

const link = openLinkSocket({ interfaceName: process.argv[2] ?? '' });
const clock = { nowMs: () => link.nowMs(), timer: systemTimer };
const responder = new Responder({ link, clock });
responder.start();
responder.own('192.0.2.11', Number.POSITIVE_INFINITY);
responder.own('192.0.2.10', clock.nowMs() + 300);
process.stdout.write('ready\n');
