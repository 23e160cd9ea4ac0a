import { CODE_BYTES, OFFSET } from './frame-layout.ts';
import type { Hmac } from './heartbeat-codec.ts';

/** Writes the authentication code of a whole frame into its last {@link CODE_BYTES} bytes. */
export function signFrame(hmac: Hmac, key: Uint8Array, frame: Uint8Array): void {
  frame.set(codeOf(hmac, key, frame), frame.length - CODE_BYTES);
}

/** Whether the code at the end of a frame fits one of the keys. Compares in the same time whatever differs. */
export function isAuthentic(hmac: Hmac, keys: readonly Uint8Array[], frame: Uint8Array): boolean {
  const given = frame.subarray(frame.length - CODE_BYTES);
  return keys.some((key) => {
    const wanted = codeOf(hmac, key, frame);
    let difference = 0;
    for (let at = 0; at < CODE_BYTES; at++) difference |= (wanted[at] ?? 0) ^ (given[at] ?? 0);
    return difference === 0;
  });
}

function codeOf(hmac: Hmac, key: Uint8Array, frame: Uint8Array): Uint8Array {
  const signed = frame.subarray(OFFSET.source, frame.length - CODE_BYTES);
  return hmac(key, signed).subarray(0, CODE_BYTES);
}
