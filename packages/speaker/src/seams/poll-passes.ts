/** A pass of the event loop that took longer may have looked at the sockets long before its end. */
const PASS_MS_MAX = 20;
/** More frames than any socket's buffer holds: past so many passes, those that waited at first have been read. */
const PASSES_MAX = 1000;

/**
 * Runs `fire` once everything that had arrived in a socket has been delivered, shortly before it runs: after a pass of the event loop that polled, that
 * delivered nothing, and that was quick.
 *
 * A readable socket is served in the poll phase of each pass, one batch of frames at a time, and immediates run in the check phase right after it. So
 * a pass without a frame found the socket empty; and as the whole pass took at most 20 ms, nothing unread is older than that.
 * A process that was stopped for longer sees a slow pass, and looks again. `delivered` is how many frames were delivered so far.
 */
export function afterQuietPass(
  delivered: () => number,
  nowMs: () => number,
  fire: () => void,
): Disposable {
  let passes = 0;
  let before = 0;
  let startedMs = 0;
  const look = (): void => {
    const endedMs = nowMs();
    const now = delivered();
    // The first pass may have polled before we were asked: it only starts the count.
    const isQuiet = passes > 0 && now === before && endedMs - startedMs <= PASS_MS_MAX;
    if (isQuiet || passes > PASSES_MAX) {
      fire();
      return;
    }
    passes++;
    before = now;
    startedMs = endedMs;
    immediate = setImmediate(look);
  };
  let immediate = setImmediate(look);
  return { [Symbol.dispose]: () => clearImmediate(immediate) };
}
