import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPool, Ipam, type Outcome, type Pool, type Sharing } from '../src/index.ts';

// The naive model: every address is a line in a list, and each question scans all of it.
interface Line {
  readonly pool: string;
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly holders: Map<string, Sharing | undefined>;
}

const POOLS = [
  { name: 'a', addresses: ['10.0.0.254-10.0.1.3', 'fc00::/127'], avoidBuggyIPs: true },
  { name: 'b', addresses: ['10.1.0.2/31', '10.1.0.0/32'], priority: 3 },
  { name: 'c', addresses: ['10.2.0.0/31', 'fc01::4-fc01::6'], autoAssign: false },
];
const LINES: readonly [string, string][] = [
  ['b', '10.1.0.2'],
  ['b', '10.1.0.3'],
  ['b', '10.1.0.0'],
  ['a', '10.0.0.254'],
  ['a', '10.0.1.1'],
  ['a', '10.0.1.2'],
  ['a', '10.0.1.3'],
  ['a', 'fc00::'],
  ['a', 'fc00::1'],
  ['c', '10.2.0.0'],
  ['c', '10.2.0.1'],
  ['c', 'fc01::4'],
  ['c', 'fc01::5'],
  ['c', 'fc01::6'],
];

class NaiveIpam {
  readonly lines: Line[] = LINES.map(([pool, address]) => ({
    pool,
    address,
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    holders: new Map(),
  }));
  /** Owner → what is kept for it. */
  readonly kept = new Map<string, { lines: Line[]; untilMs: number }>();

  allocate(
    owner: string,
    families: readonly ('ipv4' | 'ipv6')[],
    pool: string | undefined,
    sharing: Sharing | undefined,
  ): string[] | undefined {
    const held = this.heldBy(owner);
    if (held.length > 0) return this.request(owner, held, sharing);
    const pools = pool === undefined ? ['b', 'a'] : [pool];
    const again = this.kept.get(owner)?.lines ?? [];
    if (
      again.length === families.length &&
      again.every(
        (line) =>
          pools.includes(line.pool) && families.includes(line.family) && fits(line, owner, sharing),
      )
    ) {
      return this.#give(owner, again, sharing);
    }
    for (const name of pools) {
      const found = families.map((family) => {
        const fitting = this.lines.filter(
          (line) => line.pool === name && line.family === family && fits(line, owner, sharing),
        );
        return fitting.find((line) => line.holders.size > 0 || !this.#isKept(line)) ?? fitting[0];
      });
      if (found.every((line) => line !== undefined)) return this.#give(owner, found, sharing);
    }
    return undefined;
  }

  #isKept(line: Line): boolean {
    return [...this.kept.values()].some(({ lines }) => lines.includes(line));
  }

  #give(owner: string, lines: readonly Line[], sharing: Sharing | undefined): string[] {
    this.kept.delete(owner);
    for (const line of lines) line.holders.set(owner, sharing);
    return lines.map(({ address }) => address);
  }

  keep(owner: string, untilMs: number): void {
    const lines = this.lines.filter((line) => line.holders.has(owner));
    this.release(owner);
    if (lines.length > 0) this.kept.set(owner, { lines, untilMs });
  }

  expire(nowMs: number): void {
    for (const [owner, { untilMs }] of this.kept) if (untilMs <= nowMs) this.kept.delete(owner);
  }

  request(
    owner: string,
    addresses: readonly string[],
    sharing: Sharing | undefined,
  ): string[] | undefined {
    const found = addresses.map((address) => this.lines.find((line) => line.address === address));
    if (!found.every((line) => line !== undefined && fits(line, owner, sharing))) return undefined;
    if (new Set(found.map((line) => line?.pool)).size > 1) return undefined;
    if (new Set(found.map((line) => line?.family)).size < found.length) return undefined;
    this.release(owner);
    this.#give(
      owner,
      found.filter((line) => line !== undefined),
      sharing,
    );
    return [...addresses];
  }

  release(owner: string): void {
    for (const line of this.lines) line.holders.delete(owner);
  }

  /** In the order in which the real one would list them: as given. */
  heldBy(owner: string): string[] {
    return this.lines.filter((line) => line.holders.has(owner)).map(({ address }) => address);
  }
}

function fits(line: Line, owner: string, sharing: Sharing | undefined): boolean {
  return [...line.holders].every(
    ([holder, terms]) =>
      holder === owner ||
      (sharing !== undefined &&
        terms !== undefined &&
        sharing.key !== '' &&
        sharing.key === terms.key &&
        sharing.backend === terms.backend &&
        !sharing.ports.some((port) => terms.ports.includes(port))),
  );
}

const owners = fc.constantFrom('s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9');
const terms = fc.option(
  fc.record({
    key: fc.constantFrom('', 'k', 'l'),
    backend: fc.constantFrom('', '', 'web'),
    ports: fc.subarray(['TCP/80', 'TCP/443', 'UDP/53'], { minLength: 1 }),
  }),
  { nil: undefined },
);
const anyAddress = fc.constantFrom(...LINES.map(([, address]) => address), '10.0.0.255', '9.9.9.9');
const steps = fc.oneof(
  fc.record({
    kind: fc.constant('allocate' as const),
    owner: owners,
    families: fc.constantFrom('ipv4' as const, 'ipv6' as const, 'dual' as const),
    pool: fc.constantFrom(undefined, undefined, 'a', 'b', 'c'),
    sharing: terms,
  }),
  fc.record({
    kind: fc.constant('request' as const),
    owner: owners,
    addresses: fc.array(anyAddress, { minLength: 1, maxLength: 2 }),
    sharing: terms,
  }),
  fc.record({ kind: fc.constant('release' as const), owner: owners }),
  fc.record({
    kind: fc.constant('keep' as const),
    owner: owners,
    ms: fc.integer({ max: 30, min: 1 }),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ max: 20, min: 1 }) }),
);

function poolsOf(): Pool[] {
  return POOLS.map((spec) => {
    const made = createPool(spec);
    if (!made.ok) throw new Error(made.problem.message);
    return made.pool;
  });
}

/** What a stranger and each keeper would be given next: it shows what is free and what is kept. */
function owned(ipam: Ipam): unknown[] {
  return ['stranger', 's0', 's1', 's2'].map((owner) => {
    const outcome = ipam.release(owner).allocate(owner, { families: 'ipv4' });
    return outcome.ok ? outcome.addresses : outcome.reason.code;
  });
}

test('agrees with a model that scans a list, whatever happens in whatever order', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 120 }), (commands) => {
      const made = Ipam.create(poolsOf());
      if (!made.ok) throw new Error(made.problem.message);
      let ipam = made.ipam;
      const model = new NaiveIpam();
      let nowMs = 0;
      for (const command of commands) {
        let outcome: Outcome | undefined;
        let expected: string[] | undefined;
        if (command.kind === 'wait') {
          nowMs += command.ms;
          model.expire(nowMs);
          ipam = ipam.expire(nowMs);
        } else if (command.kind === 'keep') {
          model.keep(command.owner, nowMs + command.ms);
          ipam = ipam.release(command.owner, nowMs + command.ms);
        } else if (command.kind === 'release') {
          model.release(command.owner);
          ipam = ipam.release(command.owner);
        } else if (command.kind === 'request') {
          expected = model.request(command.owner, command.addresses, command.sharing);
          outcome = ipam.request(command.owner, command.addresses, { sharing: command.sharing });
        } else {
          const { owner, families, pool, sharing } = command;
          const wish = pool === undefined ? { families, sharing } : { families, pool, sharing };
          expected = model.allocate(
            owner,
            families === 'dual' ? ['ipv4', 'ipv6'] : [families],
            pool,
            sharing,
          );
          outcome = ipam.allocate(owner, wish);
        }
        const given = outcome?.ok === true ? outcome.addresses.toSorted() : undefined;
        expect(given).toEqual(expected?.toSorted());
        if (outcome?.ok === true) ipam = outcome.next;
        expect(
          [...ipam.allocations()].map(([owner, { addresses }]) => [owner, addresses.toSorted()]),
        ).toEqual(
          [...new Set(model.lines.flatMap((line) => [...line.holders.keys()]))]
            .toSorted()
            .map((owner) => [owner, model.heldBy(owner).toSorted()]),
        );
      }
      for (const owner of ['s0', 's5', 's9']) {
        expect(ipam.holdOf(owner)?.addresses.toSorted()).toEqual(
          model.kept
            .get(owner)
            ?.lines.map(({ address }) => address)
            .toSorted(),
        );
      }
      const moved = ipam.withPools(poolsOf());
      if (!moved.ok) throw new Error(moved.problem.message);
      expect([...moved.next.allocations()]).toEqual([...ipam.allocations()]);
      expect(owned(moved.next)).toEqual(owned(ipam));
      const used = (pool: string): number =>
        model.lines.filter((line) => line.pool === pool && line.holders.size > 0).length;
      for (const { name } of POOLS) {
        const usage = ipam.usage(name);
        expect((usage?.ipv4.used ?? 0n) + (usage?.ipv6.used ?? 0n)).toBe(BigInt(used(name)));
      }
    }),
    { numRuns: 300 },
  );
});

test('every order of taking and giving back the four addresses of a small pool leaves the least free one first', () => {
  const [pool] = poolsOf().slice(1);
  if (pool === undefined) throw new Error('no pool');
  const made = Ipam.create([pool]);
  if (!made.ok) throw new Error(made.problem.message);
  const order = ['10.1.0.2', '10.1.0.3', '10.1.0.0'];
  // Each number below 3^6, read in base 3, names which address to toggle at each of six steps.
  for (let script = 0; script < 3 ** 6; script++) {
    let ipam = made.ipam;
    const taken = new Set<string>();
    for (let step = 0, rest = script; step < 6; step++, rest = Math.floor(rest / 3)) {
      const address = order[rest % 3] ?? '';
      if (taken.delete(address)) ipam = ipam.release(address);
      else {
        const outcome = ipam.request(address, [address]);
        if (!outcome.ok) throw new Error(outcome.reason.code);
        taken.add(address);
        ipam = outcome.next;
      }
      const outcome = ipam.allocate('probe', { families: 'ipv4' });
      expect(outcome.ok ? outcome.addresses[0] : undefined).toBe(
        order.find((each) => !taken.has(each)),
      );
    }
  }
});

test('what was held and fits together is taken over alike in whatever order it is read', () => {
  const wishes = fc.array(
    fc.record({
      families: fc.constantFrom('ipv4' as const, 'ipv6' as const, 'dual' as const),
      sharing: terms,
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(
      wishes,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (all, order) => {
        const made = Ipam.create(poolsOf());
        if (!made.ok) throw new Error(made.problem.message);
        let before = made.ipam;
        for (const [at, wish] of all.entries()) {
          const outcome = before.allocate(`s${at}`, wish);
          if (outcome.ok) before = outcome.next;
        }
        const known = [...before.allocations()].map(([owner, { addresses, sharing }]) => ({
          owner,
          addresses,
          sharing,
        }));
        const shuffled = known
          .map((each) => ({ each, rank: order.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ each }) => each);
        const { next, refused } = made.ipam.reserve(shuffled);
        expect(refused).toEqual([]);
        expect([...next.allocations()]).toEqual([...before.allocations()]);
        expect(owned(next)).toEqual(owned(before));
      },
    ),
    { numRuns: 200 },
  );
});

test('every way to give back, wait and ask again in a pool of three keeps what is kept while another is free', () => {
  const [, pool] = poolsOf();
  if (pool === undefined) throw new Error('no pool');
  const made = Ipam.create([pool]);
  if (!made.ok) throw new Error(made.problem.message);
  const lost: number[] = [];
  // Each number below 6^6 names, in base 6, what happens at each of six steps: an owner's deletion or return, or time.
  for (let script = 0; script < 6 ** 6; script++) {
    let ipam = made.ipam;
    let nowMs = 0;
    for (let step = 0, rest = script; step < 6; step++, rest = Math.floor(rest / 6)) {
      const what = rest % 6;
      if (what === 5) nowMs += 7;
      else if (what >= 3) ipam = ipam.release(`s${what - 3}`, nowMs + 10);
      else {
        const kept = ipam.holdOf(`s${what}`)?.addresses;
        const outcome = ipam.allocate(`s${what}`, { families: 'ipv4' });
        // Three owners and three addresses: nobody ever needs what is kept for another.
        if (!outcome.ok) throw new Error(outcome.reason.code);
        if (kept !== undefined && outcome.addresses.join() !== kept.join()) lost.push(script);
        ipam = outcome.next;
      }
      ipam = ipam.expire(nowMs);
    }
  }
  expect(lost).toEqual([]);
});

test.each([
  ['10.0.0.0/8', 'ipv4', '10.0.78.31'],
  ['fc00::/64', 'ipv6', 'fc00::4e1f'],
] as const)(
  'twenty thousand addresses of %s are given in order and keep no more than they need',
  (cidr, families, last) => {
    const made = createPool({ name: 'big', addresses: [cidr] });
    if (!made.ok) throw new Error(made.problem.message);
    const created = Ipam.create([made.pool]);
    if (!created.ok) throw new Error(created.problem.message);
    let ipam = created.ipam;
    let address: string | undefined;
    for (let at = 0; at < 20_000; at++) {
      const outcome = ipam.allocate(`default/service-${at}`, { families });
      if (!outcome.ok) throw new Error(outcome.reason.code);
      ipam = outcome.next;
      [address] = outcome.addresses;
    }
    expect(address).toBe(last);
  },
);
