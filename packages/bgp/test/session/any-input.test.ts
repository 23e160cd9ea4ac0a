import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  completeSessionOptions,
  FAMILIES,
  initialSession,
  phaseOf,
  type SessionEffect,
  type SessionHappening,
  type SessionOptions,
  type SessionState,
  sessionStep,
} from '../../src/index.ts';
import { openFrom, restartCapability } from './session-bench.ts';

/** Counted back from the last one: mostly that, else one before it or one that never was. */
const connection = fc.constantFrom(0, 0, 0, 0, 1, 2, -1);
const family = fc.constantFrom(...FAMILIES);
const octet = fc.integer({ min: 0, max: 255 });
const anyNotification = fc.record({
  type: fc.constant('NOTIFICATION' as const),
  code: octet,
  subcode: octet,
  data: fc.uint8Array({ maxLength: 30 }),
});
const anyOpen = fc.record({
  asn: fc.constantFrom(64_512, 64_513, 4_200_000_000),
  identifier: fc.constantFrom('192.0.2.1', '192.0.2.200'),
  holdTimeS: fc.constantFrom(0, 3, 90),
  capabilities: fc.constantFrom(
    [],
    [restartCapability()],
    [restartCapability({ notification: true })],
  ),
});
const ofConnection = fc.constantFrom(
  'connected',
  'disconnected',
  'keepalive',
  'update',
  'stalled',
  'flowing',
);

const anyHappening: fc.Arbitrary<SessionHappening> = fc.oneof(
  fc.record({ kind: fc.constantFrom('accepted', 'wake') }),
  fc.record({
    kind: fc.constant('open' as const),
    connection,
    open: anyOpen.map((by) => openFrom(by)),
  }),
  fc.record({ kind: fc.constant('start' as const), restarted: fc.boolean() }),
  fc.record({ kind: fc.constant('stop' as const), how: fc.constantFrom('shutdown', 'restart') }),
  fc.record({ kind: fc.constant('told-everything') }),
  fc.record({
    kind: fc.constant('retry-times'),
    connectRetryMs: fc.constantFrom(1, 120_000),
    retryFirstMs: fc.constantFrom(1, 5000),
  }),
  fc.record({ kind: ofConnection, connection }),
  fc.record({ kind: fc.constant('end-of-rib' as const), connection, family }),
  fc.record({ kind: fc.constant('reset' as const), notification: anyNotification }),
  fc.record({
    kind: fc.constantFrom('notification', 'fault'),
    connection,
    notification: anyNotification,
  }),
  fc.record({
    kind: fc.constant('route-refresh' as const),
    connection,
    message: fc.record({
      type: fc.constant('ROUTE-REFRESH' as const),
      afi: octet,
      safi: octet,
      subtype: octet,
    }),
  }),
) as fc.Arbitrary<SessionHappening>;

const anyOptions: fc.Arbitrary<SessionOptions> = fc.record({
  localAsn: fc.constantFrom(64_513, 64_512),
  peerAsn: fc.constantFrom(64_512, 'internal' as const, 'external' as const),
  identifier: fc.constant('192.0.2.1'),
  mode: fc.constantFrom('active', 'passive', 'both'),
  delayOpenMs: fc.constantFrom(0, 2000),
  sendHoldMs: fc.constantFrom(5000, 480_000),
  gracefulRestart: fc.constantFrom({}, { restartTimeS: 3 }),
});

/** What leads on from here: drawn at random alone, hardly any run would come to Established. */
function onward(state: SessionState): SessionHappening {
  const last = state.connections.at(-1);
  if (!state.running) return { kind: 'start' };
  if (last === undefined) return { kind: state.wakeAtMs === undefined ? 'accepted' : 'wake' };
  const { id, stage } = last;
  if (stage === 'dialing') return { kind: 'connected', connection: id };
  if (stage === 'OpenConfirm') return { kind: 'keepalive', connection: id };
  if (stage === 'Established') return { kind: 'update', connection: id };
  return { kind: 'open', connection: id, open: openFrom() };
}

/** What the shell has by what it was told: every connection is made once, used while it is there, and closed once. */
class Ledger {
  readonly problems: string[] = [];
  readonly #open = new Set<number>();
  #last = 0;
  #established: number | undefined;

  note(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'dial':
      case 'adopt':
        this.#expect(effect.connection === ++this.#last, 'numbers go up by one');
        this.#open.add(effect.connection);
        break;
      case 'send':
        this.#expect(this.#open.has(effect.connection), 'nothing is sent on what is closed');
        break;
      case 'close':
        this.#expect(this.#open.delete(effect.connection), 'nothing is closed twice');
        break;
      case 'established':
        this.#expect(this.#established === undefined, 'there is one session');
        this.#established = effect.connection;
        break;
      case 'ended':
        this.#expect(
          effect.established === (effect.connection === this.#established),
          'a session ends with its connection',
        );
        if (effect.established) this.#established = undefined;
        break;
      default:
    }
  }

  check(before: SessionState, state: SessionState, effects: readonly SessionEffect[]): void {
    const ids = state.connections.map(({ id }) => id);
    const sides = new Set(state.connections.map(({ side }) => side));
    const up = phaseOf(state) === 'Established';
    this.#expect([...this.#open].join() === ids.join(), 'the state has what is open');
    this.#expect(sides.size === ids.length, 'there is one connection of a side');
    this.#expect(up === (this.#established !== undefined), 'Established means a session');
    this.#expect(!up || ids.length === 1, 'a session is alone');
    const isQuiet = ids.length === 0 && state.wakeAtMs === undefined;
    this.#expect(state.running || isQuiet, 'what is stopped has no connection and no timer');
    const told = effects.flatMap((each) => (each.kind === 'phase' ? [each.from, each.to] : []));
    const passed = [phaseOf(before), phaseOf(state)];
    const expected = passed[0] === passed[1] ? [] : passed;
    this.#expect(told.join() === expected.join(), 'each change of state is told');
  }

  #expect(isSo: boolean, rule: string): void {
    if (!isSo) this.problems.push(rule);
  }
}

function counted(state: SessionState, happening: SessionHappening): SessionHappening {
  if (!('connection' in happening)) return happening;
  return { ...happening, connection: state.made - happening.connection };
}

test('whatever happens in whatever order, the machine does not throw and leaks no connection and no timer', () => {
  const step = fc.record({
    happening: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, anyHappening),
    afterMs: fc.constantFrom(0, 0, 10, 10, 1000, 30_000, 300_000),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  let sessions = 0;
  fc.assert(
    fc.property(anyOptions, fc.array(step, { maxLength: 60 }), (options, steps) => {
      let state = initialSession(completeSessionOptions(options));
      const ledger = new Ledger();
      let nowMs = 0;
      for (const { happening, afterMs, random } of steps) {
        nowMs += afterMs;
        const input = happening === undefined ? onward(state) : counted(state, happening);
        const [after, effects] = sessionStep(state, { ...input, at: { nowMs, random } });
        for (const effect of effects) ledger.note(effect);
        ledger.check(state, after, effects);
        expect(ledger.problems).toEqual([]);
        if (effects.some(({ kind }) => kind === 'established')) sessions++;
        state = after;
      }
    }),
    { numRuns: 2000 },
  );
  expect(sessions).toBeGreaterThan(100);
});
