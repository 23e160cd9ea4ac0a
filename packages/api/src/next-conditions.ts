import type { Condition } from './condition.ts';

/** What a condition shall say, apart from its type and times. */
export interface Verdict {
  readonly status: Condition['status'];
  /** One word in CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** When, and of which version of the object, something is said. */
export interface Saying {
  /** Of the object; `undefined` where it has none, as Services of old API servers. */
  readonly generation: number | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * The conditions of an object with this one added, changed or (without a verdict) left out; `undefined` where that changes nothing. The others stay as they were read,
 * because a merge patch replaces the whole list. The transition time moves with the status only.
 */
export function nextConditions(
  before: readonly Condition[],
  type: string,
  verdict: Verdict | undefined,
  { generation, now }: Saying,
): readonly Condition[] | undefined {
  const old = before.find((each) => each.type === type);
  const others = before.filter((each) => each !== old);
  if (verdict === undefined) return old === undefined ? undefined : others;
  const { status, reason } = verdict;
  const message = verdict.message.slice(0, MESSAGE_MAX);
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
  const next: Condition = {
    type,
    status,
    reason,
    message,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const same =
    old?.status === status &&
    old.reason === reason &&
    old.message === message &&
    (generation === undefined || old.observedGeneration === generation);
  return same ? undefined : [...others, next];
}

/** What the API server allows. */
const MESSAGE_MAX = 32_768;
