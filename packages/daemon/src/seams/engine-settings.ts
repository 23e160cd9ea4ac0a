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
  // TurboFan gains nothing in a start of a second, and takes megabytes to work in.
  '--no-opt',
] as const;

/** What saves memory, too, but costs a start that reads thousands of objects a quarter of its time. */
const savings = [
  // Garbage is collected when the heap has grown by a third and not by four times.
  '--optimize-for-size',
  // What a daemon does once in a while is never optimised anyway.
  '--no-maglev',
] as const;

const LOOK_EVERY_MS = 2000;

/** A heap as small as this is collected in a few milliseconds, and may never grow by so much that it happens by itself. */
const SMALL_BYTES = 20 * 2 ** 20;

/** Makes the engine take less memory, from now on. */
export function saveMemory(): void {
  for (const flag of settings) setFlagsFromString(flag);
}

/** From now on room is saved and not time. Called after the start it saves as much at rest as before it. */
export function saveRoom(): void {
  for (const flag of savings) setFlagsFromString(flag);
}

/**
 * For when all is read that is read at the start: {@link saveRoom}. Where there is little, that start is collected at once; where there is much, once, when what comes of it is over, too, as then the process stands
 * still for some 100 ms. `release` is called when it is over, as by {@link onceAtRest}.
 */
export function settle(release: () => void): void {
  saveRoom();
  const isSmall = heap().used < SMALL_BYTES;
  if (isSmall) garbageCollector()({ type: 'major', execution: 'sync' });
  const collect = isSmall ? (): void => {} : collector();
  onceAtRest(() => {
    collect();
    release();
  });
}

/** Calls it once, when all that a start brings with it is over. */
export function onceAtRest(call: () => void): void {
  const rest = new FirstRest(() => heap().used);
  const timer = setInterval(() => {
    if (!rest.look()) return;
    clearInterval(timer);
    call();
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
