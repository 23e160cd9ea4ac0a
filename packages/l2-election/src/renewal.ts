import type { ElectionEffect } from './election-events.ts';
import type { ElectionState } from './election-state.ts';
import { rightOf } from './right.ts';

/** Whether what a node may answer for, or until when, is another than before the turn. */
export function isRenewed(
  before: ElectionState,
  after: ElectionState,
  effects: readonly ElectionEffect[],
): boolean {
  if (effects.some(({ kind }) => kind === 'gained' || kind === 'lost')) return true;
  if (!holdsAny(after)) return false;
  return before.carrier !== after.carrier || rightOf(before).untilMs !== rightOf(after).untilMs;
}

/** The addresses that a node holds. */
export function heldIn({ addresses }: ElectionState): string[] {
  return [...addresses].flatMap(([address, { mode }]) => (mode === 'hold' ? [address] : []));
}

function holdsAny({ addresses }: ElectionState): boolean {
  for (const { mode } of addresses.values()) if (mode === 'hold') return true;
  return false;
}
