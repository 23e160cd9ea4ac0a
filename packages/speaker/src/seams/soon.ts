/** Runs `fire` after the calls that are under way, and after whatever else the poll phase of this pass of the event loop delivers; a timer would take 1 ms. */
export function soon(fire: () => void): Disposable {
  const immediate = setImmediate(fire);
  return { [Symbol.dispose]: () => clearImmediate(immediate) };
}
