/** Runs `fire` once what has come by now has had its turn. */
export function nextTurn(fire: () => void): void {
  setImmediate(fire);
}
