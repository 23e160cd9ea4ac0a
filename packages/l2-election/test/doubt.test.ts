import { beforeEach, describe, expect, test } from 'vitest';
import { rightOf } from '../src/index.ts';
import type { ElectionState } from '../src/index.ts';
import { timings, Wire, x } from './wire.ts';

const { bindingMs, deadAfterMs, heartbeatMs, marginMs } = timings;

let wire: Wire;
let holder: string;
beforeEach(() => {
  wire = new Wire();
  for (const name of ['one', 'two', 'three']) {
    wire.start(name);
    wire.tell(name, { kind: 'api-reachable', reachable: true });
  }
  wire.run(3_000);
  [holder = ''] = wire.answerers();
});

function stateOf(name: string): ElectionState {
  const state = wire.states.get(name);
  if (state === undefined) throw new Error(`no ${name}`);
  return state;
}

function loseOthers(): void {
  for (const name of wire.states.keys()) {
    if (name !== holder) wire.cut.add(`${holder}>${name}`).add(`${name}>${holder}`);
  }
}

function termOf(name: string): number {
  return stateOf(name).addresses.get(x)?.term ?? 0;
}

describe('a holder that hears nobody any more', () => {
  test('says in the API that it holds, under a new term, before anybody may claim', () => {
    const before = termOf(holder);
    loseOthers();
    wire.run(bindingMs - marginMs + 1);
    expect(termOf(holder)).toBe(before + 1);
    wire.run(marginMs + heartbeatMs);
    expect(rightOf(stateOf(holder)).by).toBe('group');
  });

  test('is silent from when others may claim until the API names it', () => {
    loseOthers();
    wire.run(deadAfterMs - marginMs + heartbeatMs);
    expect(wire.answerers()).not.toContain(holder);
    const record = { address: x, term: termOf(holder), node: stateOf(holder).node };
    wire.tell(holder, { kind: 'api-record', ...record });
    wire.run(heartbeatMs);
    expect(wire.answerers()).toContain(holder);
  });

  test('goes on without the API’s word after a while: it may have died with the others', () => {
    loseOthers();
    wire.run(bindingMs + deadAfterMs + heartbeatMs);
    expect(wire.answerers()).toContain(holder);
  });

  test('leaves it to another that the API names', () => {
    loseOthers();
    wire.run(deadAfterMs);
    const record = { address: x, term: termOf(holder) + 1, node: 'f'.repeat(16) };
    wire.tell(holder, { kind: 'api-record', ...record });
    wire.run(2 * deadAfterMs);
    expect(wire.answerers()).not.toContain(holder);
  });

  test('does not ask where the API is away, and answers on', () => {
    const before = termOf(holder);
    wire.tell(holder, { kind: 'api-reachable', reachable: false });
    loseOthers();
    wire.run(2 * deadAfterMs);
    expect(termOf(holder)).toBe(before);
    expect(wire.answerers()).toContain(holder);
  });
});

test('what was recorded after a node’s last frame, under a term that it did not tell, is left to it', () => {
  loseOthers();
  wire.run(bindingMs + heartbeatMs);
  const record = { address: x, term: termOf(holder), node: stateOf(holder).node };
  for (const name of wire.states.keys()) wire.tell(name, { kind: 'api-record', ...record });
  wire.run(3 * deadAfterMs);
  expect(wire.answerers()).toEqual([holder]);
});
