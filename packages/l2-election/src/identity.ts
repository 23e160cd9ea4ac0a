import { nodeAt, viewOf } from './heartbeat-body.ts';
import type { Hmac } from './heartbeat-codec.ts';
import type { NodeId } from './heartbeat.ts';

// Not secrets: they only keep the two uses of one hash apart.
const nodeSalt = new TextEncoder().encode('picluster l2 node');
const electorateSalt = new TextEncoder().encode('picluster l2 electorate');

/** A node's identity on the wire: 64 bits of a hash of its name. */
export function nodeIdOf(hmac: Hmac, name: string): NodeId {
  return nodeAt(viewOf(hmac(nodeSalt, new TextEncoder().encode(name))), 0);
}

/** What tells clusters on one segment apart: 32 bits of a hash of a name that only this cluster has. */
export function electorateOf(hmac: Hmac, name: string): number {
  const hash = hmac(electorateSalt, new TextEncoder().encode(name));
  return viewOf(hash).getUint32(0);
}
