/** Milliseconds since some moment; never goes back, whatever is done to the wall clock. */
export function monotonicMs(): number {
  return performance.now();
}
