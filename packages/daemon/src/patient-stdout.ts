import { destination } from 'pino';

/** What waits for a reader that is too slow may take so much memory. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Where a log goes. */
export interface LogStream {
  write(line: string): unknown;
  /** Writes what waits, now. */
  flush(): void;
}

/**
 * A file descriptor that nobody has to wait for, standard output by default: lines are kept and written in the background, in their order.
 *
 * A pipe whose reader stands still (a log collector, a full disk) is full after 64 kB, and then holds up whoever writes to it. A speaker that stood
 * still for that would lose its addresses. What does not fit into 1 MiB is left out, and a line says how many lines that were. When the process
 * exits by itself, what waits is written; the write that was under way at that moment may then come after it. A reader that stands still then is
 * waited for; one that has gone is not, for which sonic-boom 5 is needed beneath pino: version 4 tries for ever.
 */
export function patientStdout(fd: number = 1): LogStream {
  const stream = destination({ dest: fd, sync: false, maxLength: WAITING_BYTES_MAX });
  let dropped = 0;
  stream.on('drop', () => dropped++);
  stream.on('write', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    stream.write(`${JSON.stringify({ level: 'warn', msg: 'log lines left out', lines })}\n`);
  });
  // Nobody reads: there is nobody to tell.
  stream.on('error', () => {});
  const flush = (): void => {
    try {
      stream.flushSync();
    } catch {
      // As above.
    }
  };
  process.once('exit', flush);
  return { write: (line) => stream.write(line), flush };
}
