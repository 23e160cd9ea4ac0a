import type { AddressSpace } from './address-space.ts';
import { FreeSet } from './free-set.ts';
import { sharingGroup, type Sharing } from './sharing.ts';
import { SortedMap } from './sorted-map.ts';

/** Who holds one address: the record; everything else about an address in use is derived from it. */
interface Holding {
  /** The group that may share it, or `undefined`: its holder is alone. */
  readonly group: string | undefined;
  readonly owners: SortedMap<string, Sharing | undefined>;
  /** Port → its owner. */
  readonly ports: SortedMap<string, string>;
}

/** An index: which addresses a group has, and on which of them a port is taken. */
interface Group {
  readonly members: NumberSet;
  readonly takenByPort: SortedMap<string, NumberSet>;
}

type NumberSet = SortedMap<bigint, true>;

interface Parts {
  readonly space: AddressSpace;
  readonly free: FreeSet;
  readonly kept: SortedMap<bigint, number>;
  readonly freeButKept: NumberSet;
  readonly holdings: SortedMap<bigint, Holding>;
  readonly groups: SortedMap<string, Group>;
}

/** Why one address cannot be held. */
export type HoldConflict =
  | { readonly code: 'address-in-use'; readonly owners: readonly string[] }
  | {
      readonly code: 'sharing-conflict';
      readonly owners: readonly string[];
      readonly differs: 'key' | 'backend';
    }
  | { readonly code: 'port-in-use'; readonly port: string; readonly owner: string };

/**
 * What is in use of an `AddressSpace`, by number. Immutable.
 *
 * `hold`, `drop` and the least free number cost O(log n). The least number that a sharing owner can join costs O(p log² n) for p ports where
 * ports are taken in a run from the start, however many addresses the group has.
 */
export class SpaceUse {
  /** The addresses that are numbered. */
  readonly space: AddressSpace;
  /** Neither in use nor kept. */
  readonly #free: FreeSet;
  /** How many owners an address is kept for, in use or not. */
  readonly #kept: SortedMap<bigint, number>;
  /** Not in use, but kept for somebody. */
  readonly #freeButKept: NumberSet;
  readonly #holdings: SortedMap<bigint, Holding>;
  readonly #groups: SortedMap<string, Group>;

  private constructor(parts: Parts) {
    this.space = parts.space;
    this.#free = parts.free;
    this.#kept = parts.kept;
    this.#freeButKept = parts.freeButKept;
    this.#holdings = parts.holdings;
    this.#groups = parts.groups;
  }

  /** Nothing in use. */
  static of(space: AddressSpace): SpaceUse {
    return new SpaceUse({
      space,
      free: FreeSet.of(space.capacity),
      kept: SortedMap.empty(),
      freeButKept: SortedMap.empty(),
      holdings: SortedMap.empty(),
      groups: SortedMap.empty(),
    });
  }

  /** How many addresses are in use; a shared one counts once. */
  get used(): number {
    return this.#holdings.size;
  }

  /** The least number that `sharing` can have: a free one, or one whose holders it can join. One that is kept for somebody only where there is no other. */
  firstFor(sharing: Sharing | undefined): bigint | undefined {
    const free = this.#free.first();
    const joinable = this.#firstJoinable(sharing);
    const open =
      joinable !== undefined && (free === undefined || joinable < free) ? joinable : free;
    return open ?? this.#freeButKept.first()?.[0];
  }

  /** The address that `sharing` comes nearest to joining, and what prevents it; `undefined` where nobody shares under its key. */
  obstacle(
    sharing: Sharing | undefined,
  ): { readonly number: bigint; readonly conflict: HoldConflict } | undefined {
    const name = sharingGroup(sharing);
    if (sharing === undefined || name === undefined) return undefined;
    const group = this.#groups.get(name) ?? this.#groupOfKey(sharing.key);
    const number = group?.members.first()?.[0];
    const conflict = number === undefined ? undefined : this.conflict(number, '', sharing);
    return number === undefined || conflict === undefined ? undefined : { number, conflict };
  }

  /** With the number kept for one more owner: others get it only where no other is left. */
  keep(number: bigint): SpaceUse {
    const kept = this.#kept.with(number, (this.#kept.get(number) ?? 0) + 1);
    if (!this.#free.has(number)) return this.#with({ kept });
    const freeButKept = this.#freeButKept.with(number, true);
    return this.#with({ kept, free: this.#free.take(number), freeButKept });
  }

  /** With the number kept for one owner less. */
  unkeep(number: bigint): SpaceUse {
    const rest = (this.#kept.get(number) ?? 0) - 1;
    if (rest < 0) throw new Error(`number ${number} is not kept`);
    if (rest > 0) return this.#with({ kept: this.#kept.with(number, rest) });
    const kept = this.#kept.without(number);
    if (!this.#freeButKept.has(number)) return this.#with({ kept });
    const freeButKept = this.#freeButKept.without(number);
    return this.#with({ kept, free: this.#free.give(number), freeButKept });
  }

  /** Why `owner` cannot hold `number` on these terms, or `undefined` when it can. What it holds there itself is no obstacle. */
  conflict(number: bigint, owner: string, sharing: Sharing | undefined): HoldConflict | undefined {
    const holding = this.#holdings.get(number);
    if (holding === undefined || holding.owners.size === (holding.owners.has(owner) ? 1 : 0))
      return undefined;
    const group = sharingGroup(sharing);
    if (sharing === undefined || group === undefined || holding.group === undefined) {
      return { code: 'address-in-use', owners: others(holding, owner) };
    }
    if (group !== holding.group) {
      const differs = holding.owners.first()?.[1]?.key === sharing.key ? 'backend' : 'key';
      return { code: 'sharing-conflict', owners: others(holding, owner), differs };
    }
    for (const port of sharing.ports) {
      const other = holding.ports.get(port);
      if (other !== undefined && other !== owner)
        return { code: 'port-in-use', port, owner: other };
    }
    return undefined;
  }

  /** This with `number` held by `owner`, who must not hold it yet and must be free of conflict. */
  hold(number: bigint, owner: string, sharing: Sharing | undefined): SpaceUse {
    const before = this.#holdings.get(number);
    const group = sharingGroup(sharing);
    let ports = before?.ports ?? SortedMap.empty<string, string>();
    for (const port of sharing?.ports ?? []) ports = ports.with(port, owner);
    const owners = (before?.owners ?? SortedMap.empty<string, Sharing | undefined>()).with(
      owner,
      sharing,
    );
    return this.#with({
      ...(before === undefined ? this.#withoutFree(number) : {}),
      holdings: this.#holdings.with(number, { group, owners, ports }),
      groups:
        group === undefined
          ? this.#groups
          : joinGroup(this.#groups, group, number, sharing?.ports ?? []),
    });
  }

  /** This without `owner` at `number`. */
  drop(number: bigint, owner: string): SpaceUse {
    const before = this.#holdings.get(number);
    if (before === undefined || !before.owners.has(owner)) {
      throw new Error(`"${owner}" does not hold number ${number}`);
    }
    const given = before.owners.get(owner)?.ports ?? [];
    const owners = before.owners.without(owner);
    let ports = before.ports;
    for (const port of given) ports = ports.without(port);
    const last = owners.size === 0;
    return this.#with({
      ...(last ? this.#withFree(number) : {}),
      holdings: last
        ? this.#holdings.without(number)
        : this.#holdings.with(number, { ...before, owners, ports }),
      groups:
        before.group === undefined
          ? this.#groups
          : leaveGroup(this.#groups, before.group, number, given, last),
    });
  }

  #with(changed: Partial<Parts>): SpaceUse {
    return new SpaceUse({
      space: this.space,
      free: this.#free,
      kept: this.#kept,
      freeButKept: this.#freeButKept,
      holdings: this.#holdings,
      groups: this.#groups,
      ...changed,
    });
  }

  #withoutFree(number: bigint): Partial<Parts> {
    return this.#freeButKept.has(number)
      ? { freeButKept: this.#freeButKept.without(number) }
      : { free: this.#free.take(number) };
  }

  #withFree(number: bigint): Partial<Parts> {
    return this.#kept.has(number)
      ? { freeButKept: this.#freeButKept.with(number, true) }
      : { free: this.#free.give(number) };
  }

  /** A group under this key, whatever its backend: their names begin alike, so the last of them is found by order. */
  #groupOfKey(key: string): Group | undefined {
    const start = `${JSON.stringify([key]).slice(0, -1)},`;
    const found = this.#groups.floor(`${start}\uffff`);
    return found?.[0].startsWith(start) === true ? found[1] : undefined;
  }

  #firstJoinable(sharing: Sharing | undefined): bigint | undefined {
    const group = sharingGroup(sharing);
    const found = group === undefined ? undefined : this.#groups.get(group);
    if (found === undefined || sharing === undefined) return undefined;
    // Each port moves the candidate up to the next member where it is free; done when a round moves nothing.
    let candidate = found.members.first()?.[0];
    for (let settled = false; !settled && candidate !== undefined;) {
      const before: bigint = candidate;
      for (const port of sharing.ports) {
        const taken = found.takenByPort.get(port);
        if (candidate !== undefined && taken !== undefined)
          candidate = firstNotIn(found.members, taken, candidate);
      }
      settled = candidate === before;
    }
    return candidate;
  }
}

function others(holding: Holding, owner: string): readonly string[] {
  return [...holding.owners.keys()].filter((each) => each !== owner);
}

/** The least member at or above `from` (a member) that is not in `taken`, a subset of `members`: by rank, so that a taken run is leapt over. */
function firstNotIn(members: NumberSet, taken: NumberSet, from: bigint): bigint | undefined {
  const memberRank = members.rank(from);
  const takenRank = taken.rank(from);
  let low = 0;
  let high = taken.size - takenRank;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (members.at(memberRank + middle)?.[0] === taken.at(takenRank + middle)?.[0])
      low = middle + 1;
    else high = middle;
  }
  return members.at(memberRank + low)?.[0];
}

function joinGroup(
  groups: SortedMap<string, Group>,
  name: string,
  number: bigint,
  ports: readonly string[],
): SortedMap<string, Group> {
  const group = groups.get(name) ?? { members: SortedMap.empty(), takenByPort: SortedMap.empty() };
  let { takenByPort } = group;
  for (const port of ports) {
    const taken = takenByPort.get(port) ?? SortedMap.empty<bigint, true>();
    takenByPort = takenByPort.with(port, taken.with(number, true));
  }
  return groups.with(name, { members: group.members.with(number, true), takenByPort });
}

function leaveGroup(
  groups: SortedMap<string, Group>,
  name: string,
  number: bigint,
  ports: readonly string[],
  last: boolean,
): SortedMap<string, Group> {
  const group = groups.get(name);
  if (group === undefined) throw new Error(`there is no group ${name}`);
  let { takenByPort } = group;
  for (const port of ports) {
    const taken = takenByPort.get(port)?.without(number);
    takenByPort =
      taken === undefined || taken.size === 0
        ? takenByPort.without(port)
        : takenByPort.with(port, taken);
  }
  const members = last ? group.members.without(number) : group.members;
  return members.size === 0 ? groups.without(name) : groups.with(name, { members, takenByPort });
}
