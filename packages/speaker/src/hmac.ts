import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Hmac } from '@picluster/l2-election';

/** Node takes longer to take a key in than to sign a heartbeat with it. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** HMAC-SHA-256 (RFC 2104), as elections sign with it. */
export const hmac: Hmac = (key, bytes) => {
  let taken = keyObjects.get(key);
  if (taken === undefined) keyObjects.set(key, (taken = createSecretKey(key)));
  return createHmac('sha256', taken).update(bytes).digest();
};
