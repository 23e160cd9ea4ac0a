import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FirstRest } from '../first-rest.ts';
import { MemoryKeeper } from '../memory-keeper.ts';

/**
 * Settings of V8 for a process that waits most of its life, made by the process itself so that nobody has to pass flags. Call {@link saveMemory} before the
 * first request: what is compiled or grown by then stays.
 */
const settings = [
  // The young generation stays as small as it begins, instead of growing to 32 MB in a burst.
  '--semi-space-growth-factor=1',
  // The optimising compilers take 12 MB to work in, and mapped into memory are 8 MB of code themselves. What a daemon does once in a while is never
  // optimised anyway.
  '--no-opt',
  '--no-maglev',
] as const;

const LOOK_EVERY_MS = 2000;

/** A heap as small as this is collected in a few milliseconds, and may never grow by so much that it happens by itself. */
const SMALL_BYTES = 20 * 2 ** 20;

/** Makes the engine take less memory, from now on. */
export function saveMemory(): void {
  for (const flag of settings) setFlagsFromString(flag);
}

/**
 * From now on garbage is collected when the heap has grown by a third and not by four times, and once more when a burst is over; in small steps, as ever. That is a tenth of a
 * second of a start that reads 40,000 objects, and called behind that start it saves as much memory as before it.
 */
export function collectEarly(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * For when all is read that is read at the start: {@link collectEarly}. Where there is little, that start is collected at once; where there is much, once, when what comes of it is over, too, as then the process stands
 * still for some 100 ms.
 */
export function settle(): void {
  collectEarly();
  if (heap().used < SMALL_BYTES) garbageCollector()({ type: 'major', execution: 'sync' });
  else collectAtRest();
}

function collectAtRest(): void {
  const rest = new FirstRest(() => heap().used);
  const timer = setInterval(() => {
    if (!rest.look()) return;
    clearInterval(timer);
    collector()();
  }, LOOK_EVERY_MS).unref();
}

/** Gives memory back when a burst is over, in a process that may stand still for some 50 ms. */
export function collectAfterBursts(): void {
  const keeper = new MemoryKeeper({ heap, collect: collector() });
  setInterval(() => keeper.look(), LOOK_EVERY_MS).unref();
}

function heap(): { used: number; taken: number } {
  const { used_heap_size: used, total_heap_size: taken } = getHeapStatistics();
  return { used, taken };
}

/** As thoroughly as it can: only so does it move objects together and give pages back. */
function collector(): () => void {
  const collect = garbageCollector();
  return () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** The engine's own function to collect garbage. */
function garbageCollector(): (how: object) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: object) => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
