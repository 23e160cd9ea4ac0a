import { systemClock, type Clock } from '@picluster/kube';

/**
 * The clock of sessions with routers: a timer runs after the poll that follows its time, so that what had come by then is read first. Else a process that was held
 * up would take a peer for dead whose packets wait in the socket.
 */
export const deliveringClock: Pick<Clock, 'nowMs' | 'timer'> = {
  nowMs: () => systemClock.nowMs(),
  timer: (ms, fire) => {
    let immediate: NodeJS.Immediate | undefined;
    const timer = systemClock.timer(ms, () => (immediate = setImmediate(fire)));
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        clearImmediate(immediate);
      },
    };
  },
};
