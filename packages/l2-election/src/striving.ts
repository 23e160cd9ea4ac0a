import type { AddressState } from './election-state.ts';
import { weight } from './placement.ts';
import type { Timings } from './timings.ts';
import type { Turn } from './turn.ts';

/** A node that gets no further with an address in so many times the life of a promise waits for something that does not come. */
const strivingLives = 4;

function strivingMs({ deadAfterMs }: Timings): number {
  return strivingLives * deadAfterMs;
}

/** A claim begins, the first one or another try. */
export function strive(turn: Turn, own: AddressState): void {
  if (turn.nowMs - own.claimAtMs >= strivingMs(turn.timings)) own.strivesAtMs = turn.nowMs;
}

/** When this node has tried for the address for so long that it should let others try. */
export function inVainAtMs({ timings }: Turn, own: Readonly<AddressState>): number {
  return own.strivesAtMs + strivingMs(timings);
}

/**
 * Whether it has, as far as it has tried again and again. Where one direction of a link is cut, one who waits for the consent of a node that does not
 * hear it would wait for ever, and those who hear both would wait for it; and two would object to each other for ever.
 */
export function hasStrivenInVain(turn: Turn, own: Readonly<AddressState>): boolean {
  const tries = own.mode === 'claim' || turn.nowMs - own.claimAtMs < strivingMs(turn.timings);
  return tries && turn.nowMs >= inVainAtMs(turn, own);
}

/** Lets others try, each node for another time. */
export function rest(turn: Turn, address: string): void {
  const { state, nowMs } = turn;
  turn.drop(address, 'in-vain');
  const own = turn.change(address);
  const times = 1 + (weight(`${address} ${own.maxTerm}`, state.node) % 4);
  own.restsUntilMs = nowMs + times * strivingMs(turn.timings);
  own.claimAtMs = -Infinity;
}

/** Who hears whom is not what it was: everyone may try, and what was tried before does not count. */
export function endRests(turn: Turn): void {
  for (const [address, { mode, claimAtMs, restsUntilMs }] of turn.state.addresses) {
    if (mode === 'claim') turn.change(address).strivesAtMs = turn.nowMs;
    else if (claimAtMs > -Infinity || restsUntilMs > turn.nowMs) {
      const own = turn.change(address);
      own.claimAtMs = -Infinity;
      own.restsUntilMs = -Infinity;
    }
  }
}
