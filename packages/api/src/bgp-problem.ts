import type { FieldProblem } from './structural-schema.ts';

/** What is wrong, for programs. */
export type BGPProblemCode =
  | 'invalid'
  | 'peer-duplicate'
  | 'secret-missing'
  | 'secret-type'
  | 'secret-empty'
  | 'bfd-profile-missing'
  | 'community-duplicate'
  | 'community-unknown'
  | 'aggregation-length'
  | 'local-pref-conflict';

/** What is wrong with an object of BGP mode, be it alone or among the others. */
export interface BGPProblem {
  readonly kind: 'BGPPeer' | 'BGPAdvertisement' | 'BFDProfile' | 'Community';
  /** Of the object. */
  readonly name: string;
  readonly code: BGPProblemCode;
  /** For people, in MetalLB's words where MetalLB says it. */
  readonly message: string;
}

/** An object that could not be read at all as a problem of the configuration. */
export function invalidObject(
  kind: BGPProblem['kind'],
  name: string,
  problems: readonly FieldProblem[],
): BGPProblem {
  const what = kind === 'BGPPeer' ? `peer ${name}` : `${kind} ${name}:`;
  const text = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return { kind, name, code: 'invalid', message: `parsing ${what} ${text}` };
}
