/**
 * Simulated time, a simulated Ethernet segment, connections in memory and seeded randomness for our own tests. Not published.
 *
 * The contract suite for link sockets defines vitest tests and is therefore apart: `@picluster/testkit/link-socket-contract`.
 *
 * @packageDocumentation
 */
export { MemoryNetwork, type MemoryEnd } from './memory-network.ts';
export { SimClock } from './sim-clock.ts';
export { SimLan, type SimLanOptions, type SimObserver, type SimPort } from './sim-lan.ts';
export { seededRandom, type Random } from './random.ts';
export { seedFromEnvironment } from './seed.ts';
export {
  type LeaseCall,
  type LeaseFate,
  MemoryLeaseLock,
  MemoryLeaseStore,
} from './memory-lease-lock.ts';
