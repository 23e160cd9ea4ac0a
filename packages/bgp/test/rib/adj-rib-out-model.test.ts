// The naive model: the peer's table is what its messages say, and must become what is wanted, with no prefix said that need not be.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AdjRibOut,
  FAMILIES,
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  routesOf,
  type Family,
  type RibSession,
  type Route,
} from '../../src/index.ts';

const PREFIXES = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.1.1/32',
  '10.1.1.2/32',
  '::/0',
  '2001:db8::/32',
  '2001:db8::1/128',
];
const ROUTES: readonly Route[] = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'].flatMap(
  (address) =>
    [1, 2].map((value): Route => ({
      nextHop: { address },
      attributes: [
        { type: 'AS_PATH', segments: [] },
        { type: 'ORIGIN', origin: 'IGP' },
        { type: 'MULTI_EXIT_DISC', value },
      ],
    })),
);

type Step =
  | { readonly do: 'announce'; readonly prefix: string; readonly route: Route }
  | { readonly do: 'withdraw'; readonly prefix: string }
  | { readonly do: 'take'; readonly count: number }
  | { readonly do: 'refresh'; readonly family: Family }
  | { readonly do: 'open'; readonly session: RibSession }
  | { readonly do: 'close' };

const session: fc.Arbitrary<RibSession> = fc.record({
  families: fc.subarray([...FAMILIES]),
  extendedNextHop: fc.boolean(),
  enhancedRouteRefresh: fc.boolean(),
  fourOctetAs: fc.boolean(),
  // Room for two or three prefixes in a message.
  sendLengthMax: fc.constantFrom(110, 4096),
});
const prefix = fc.constantFrom(...PREFIXES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('announce' as const),
      prefix,
      route: fc.constantFrom(...ROUTES),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('withdraw' as const), prefix }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.nat({ max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refresh' as const),
      family: fc.constantFrom(...FAMILIES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), session }) },
  { weight: 1, arbitrary: fc.constant({ do: 'close' as const }) },
);

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}

/** Both ends, and what each has. */
class Model {
  readonly rib = new AdjRibOut();
  readonly wanted = new Map<string, Route>();
  readonly peer = new Map<string, string>();
  session: RibSession | undefined;
  /** Prefixes that were said since everything was last sent. */
  said: string[] = [];

  run(one: Step): void {
    const { rib } = this;
    if (one.do === 'announce') {
      rib.announce(one.prefix, one.route);
      this.wanted.set(one.prefix, one.route);
    } else if (one.do === 'withdraw') {
      rib.withdraw(one.prefix);
      this.wanted.delete(one.prefix);
    } else if (one.do === 'take') this.take(one.count);
    else if (one.do === 'refresh') rib.refresh(one.family);
    else {
      this.session = one.do === 'open' ? one.session : undefined;
      this.peer.clear();
      if (this.session === undefined) rib.close();
      else rib.open(this.session);
    }
  }

  take(count?: number): string[] {
    const before = new Map(this.peer);
    this.said = [];
    for (const message of this.rib.take(count)) this.#receive(encodeMessage(message, this.session));
    must(this.rib.announced === this.peer.size, 'what is counted is what the peer has');
    return this.said.filter((one) => before.get(one) === this.peer.get(one));
  }

  #receive(bytes: Uint8Array): void {
    const options = { ...UNNEGOTIATED, external: false, ...this.session };
    must(bytes.length <= options.sendLengthMax, 'each message fits');
    const decoded = decodeMessage(bytes, options);
    must(decoded.ok && decoded.errors.length === 0, 'each message is good');
    if (!decoded.ok || decoded.message.type !== 'UPDATE') return;
    const { withdrawn, announced } = routesOf(decoded.message);
    const metric = JSON.stringify(
      decoded.message.attributes.find(({ type }) => type === 'MULTI_EXIT_DISC'),
    );
    for (const { prefixes } of withdrawn) {
      for (const gone of prefixes) this.peer.delete(gone);
      this.said.push(...prefixes);
    }
    for (const { prefixes, nextHop } of announced) {
      for (const come of prefixes) this.peer.set(come, nextHop.address + metric);
      this.said.push(...prefixes);
    }
  }

  /** What the peer must have in the end. */
  expected(): Map<string, string> {
    const all = new Map<string, string>();
    for (const [one, { nextHop, attributes }] of this.wanted) {
      const [isSix, overSix] = [one.includes(':'), nextHop.address.includes(':')];
      const can = isSix === overSix || (overSix && this.session?.extendedNextHop === true);
      if (!can || this.session?.families.includes(isSix ? 'ipv6-unicast' : 'ipv4-unicast') !== true)
        continue;
      all.set(
        one,
        nextHop.address + JSON.stringify(attributes.find(({ type }) => type === 'MULTI_EXIT_DISC')),
      );
    }
    return all;
  }
}

test('whatever happens, the peer ends with what is wanted, and nothing is said in vain', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), session, (steps, last) => {
      const model = new Model();
      model.run({ do: 'open', session: last });
      for (const one of steps) model.run(one);
      model.take();
      expect(model.peer).toEqual(model.expected());
      expect([model.rib.idle, model.rib.pending]).toEqual([true, 0]);
      // From here on nothing is asked for again: each prefix is said at most once, and only where the peer has something else.
      for (const one of steps.filter((each) => each.do === 'announce' || each.do === 'withdraw'))
        model.run(one);
      expect(model.take()).toEqual([]);
      expect(new Set(model.said).size).toBe(model.said.length);
      expect(model.peer).toEqual(model.expected());
      expect(model.rib.take()).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
