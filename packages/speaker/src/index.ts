/**
 * The parts of the speaker daemon, for its tests and simulations: the rules that decide who stands for an address, the strategy that
 * settles who answers, and the announcer that does. `daemon.ts` wires them, and `main.ts` is what runs. Private: it is no library.
 *
 * @packageDocumentation
 */
export { AddressPlan, type Claim, type Want } from './address-plan.ts';
export {
  decide,
  EXCLUDE_LABEL,
  type Candidacy,
  type Decision,
  type Situation,
  type WithholdReason,
} from './announce-decision.ts';
export { Announcer, REOPEN_MS, type AnnouncerDeps } from './announcer.ts';
export { leaseNameFor } from './lease-name.ts';
export {
  LeaseOwnership,
  STAGGER_MS,
  type LeaseOwnershipDeps,
  type LeaseOwnershipOptions,
} from './lease-ownership.ts';
export type { OwnershipListener, OwnershipStrategy, Standing } from './ownership.ts';
export { Speaker, type Cache, type SpeakerDeps, type SpeakerOptions } from './speaker.ts';
