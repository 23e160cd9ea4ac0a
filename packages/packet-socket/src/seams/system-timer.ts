/** Runs `fire` once after `ms` of real time; disposing before that cancels it. */
export function systemTimer(ms: number, fire: () => void): Disposable {
  const timeout = setTimeout(fire, ms);
  return { [Symbol.dispose]: () => clearTimeout(timeout) };
}
