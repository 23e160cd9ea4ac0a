import { valueAt, arrayOf, fieldsOf, type KubeObject } from './object.ts';
import type { Change } from './store.ts';

/** IP family names as Services spell them. */
export type IpFamily = 'IPv4' | 'IPv6';

/** Cluster addresses are `10.96.0.0/16` and `fd00:96::/112`, node ports 30000–32767: Kubernetes' usual ranges. */
export const serviceRanges = {
  ipv4Prefix: '10.96.',
  ipv6Prefix: 'fd00:96::',
  nodePortMin: 30_000,
  nodePortMax: 32_767,
} as const;

const addressesPerFamily = 65_536;

/**
 * Cluster addresses and node ports that no Service holds.
 *
 * Follows the store's changes, so that it never has to scan the Services. Given out in order, unlike the real one's random
 * choice: a test sees the same addresses in each run.
 */
export class ServiceNetwork {
  readonly #held = new Map<string, string>();
  readonly #next = { IPv4: 1, IPv6: 1, nodePort: 0 };

  /** Takes note of a change of a Service. */
  observe(change: Change): void {
    if (change.resource !== 'services') return;
    for (const item of change.previous === undefined ? [] : heldBy(change.previous)) {
      if (this.#held.get(item) === change.key) this.#held.delete(item);
    }
    if (change.type === 'DELETED') return;
    for (const item of heldBy(change.object)) this.#held.set(item, change.key);
  }

  /** The Service (`namespace/name`) that holds an address or a node port, or undefined. */
  holder(item: string | number): string | undefined {
    return this.#held.get(String(item));
  }

  /** A free cluster address. */
  nextAddress(family: IpFamily): string {
    for (let tried = 0; tried < addressesPerFamily; tried++) {
      const host = this.#next[family]++ % addressesPerFamily;
      const address =
        family === 'IPv4'
          ? `${serviceRanges.ipv4Prefix}${host >> 8}.${host & 0xff}`
          : `${serviceRanges.ipv6Prefix}${host.toString(16)}`;
      if (host !== 0 && !this.#held.has(address)) return address;
    }
    throw new Error(`all ${addressesPerFamily} cluster addresses of ${family} are taken`);
  }

  /** A free node port that is not in `except` either, or undefined when all are taken. */
  nextNodePort(except: ReadonlySet<number>): number | undefined {
    const count = serviceRanges.nodePortMax - serviceRanges.nodePortMin + 1;
    for (let tried = 0; tried < count; tried++) {
      const port = serviceRanges.nodePortMin + (this.#next.nodePort++ % count);
      if (!this.#held.has(String(port)) && !except.has(port)) return port;
    }
    return undefined;
  }
}

function heldBy(service: KubeObject): string[] {
  const addresses = arrayOf(service.spec?.['clusterIPs']).filter((ip) => ip !== 'None');
  const ports = arrayOf(service.spec?.['ports']).map((port) => valueAt(port, 'nodePort'));
  const health = fieldsOf(service.spec)['healthCheckNodePort'];
  return [...addresses, ...ports, health].filter((item) => item !== undefined).map(String);
}
