import type { ElectionState } from './election-state.ts';
import { isStrict } from './knowledge.ts';
import type { Timings } from './timings.ts';
import type { Turn } from './turn.ts';

/** For so long a node waits for the API to say what is still its own, in lives of a promise from when it asked. */
const doubtLives = 0.8;

/** Who hears nobody for so long asks the API what is still its own: as long before others ask it to be theirs as the API may take to say so. */
export function doubtAfterMs({ bindingMs, marginMs }: Timings): number {
  return bindingMs - marginMs;
}

/**
 * Who no longer hears anybody may be taken for dead by the others, as they are by it (rule 27). Before they may claim what it holds, it says in the
 * API that it holds it, under a new term, as one who died does not. Whoever is recorded first has it. Where it still hears some, their promises decide.
 */
export function doubt(turn: Turn): void {
  const { state, nowMs, timings } = turn;
  if (state.readAllAtMs - anyHeardAtMs(state) < doubtAfterMs(timings)) {
    state.doubtedAtMs = -Infinity;
  } else if (state.doubtedAtMs === -Infinity) {
    state.doubtedAtMs = nowMs;
    askForAll(turn);
  } else if (
    nowMs - state.doubtedAtMs >= doubtLives * timings.deadAfterMs ||
    isAllRecorded(state)
  ) {
    state.doubtedAtMs = Infinity;
  }
}

/** Whether this node waits to be told by the API what is still its own. */
export function isInDoubt({ doubtedAtMs }: ElectionState): boolean {
  return Number.isFinite(doubtedAtMs);
}

/**
 * When anybody was last heard, if the right ends with that, as early as others may claim, until the API says what is still ours; `Infinity` where it does not. Of
 * two nodes one may die without that the other is silent, however slow the API is.
 */
export function undoubtedAtMs(state: ElectionState): number {
  return state.doubtedAtMs === Infinity || state.groupSize < 3 ? Infinity : anyHeardAtMs(state);
}

/** When any other was last heard; `Infinity` where that is not needed. Who left is in nobody's way. */
function anyHeardAtMs(state: ElectionState): number {
  if (!state.apiReachable || state.alone || isStrict(state) || state.groupSize < 2) return Infinity;
  let newestMs = -Infinity;
  for (const { leaving, heardAtMs } of state.peers.values()) {
    newestMs = Math.max(newestMs, leaving ? Infinity : heardAtMs);
  }
  return newestMs;
}

function askForAll(turn: Turn): void {
  for (const [address, { mode }] of turn.state.addresses) {
    if (mode !== 'hold') continue;
    const own = turn.change(address);
    own.term += 1;
    own.maxTerm = Math.max(own.maxTerm, own.term);
    turn.state.sendNow = true;
    turn.effects.push({ kind: 'record', address, term: own.term });
  }
}

function isAllRecorded({ addresses }: ElectionState): boolean {
  for (const { mode, term, recordedTerm } of addresses.values())
    if (mode === 'hold' && recordedTerm !== term) return false;
  return true;
}
