import { systemClock, type Clock } from '@picluster/kube';
import { bootTimeMs } from '@picluster/packet-socket';

/** The clock of a speaker: monotonic time counts from the start of the machine, so that the next process on this node can go on with our moments. */
export const machineClock: Clock = { ...systemClock, nowMs: bootTimeMs };
