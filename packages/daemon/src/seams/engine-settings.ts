import { setFlagsFromString } from 'node:v8';

/**
 * Settings of V8 for a process that waits most of its life, made by the process itself so that nobody has to pass flags. Call it before the first
 * request: what is compiled or grown by then stays.
 */
const settings = [
  // The HTTP parser is a WebAssembly module. Compiling it a second time, for speed, takes 16 MB that are never given back.
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
  // The young generation stays as small as it begins, instead of growing to 32 MB in a burst.
  '--semi-space-growth-factor=1',
] as const;

/** Makes the engine take less memory, from now on. */
export function saveMemory(): void {
  for (const setting of settings) setFlagsFromString(setting);
}
