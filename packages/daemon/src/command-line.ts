/**
 * Flags alone, for a program that must know what it was told before it loads the rest of this package, which takes a tenth of a second.
 *
 * @packageDocumentation
 */
export {
  commonFlags,
  parseFlags,
  stringFlag,
  wholeNumberFlag,
  type Flag,
  type FlagSet,
  type FlagValues,
  type ParsedFlags,
} from './flags.ts';
export { leaseFlags } from './lease-flags.ts';
