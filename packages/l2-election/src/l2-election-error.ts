/**
 * What went wrong.
 *
 * - `bad-options`: the options contradict each other or themselves; `details.problems` lists every one.
 * - `bad-address`: what was given as an address is none, or not in its canonical text; `details.address`.
 * - `too-many-addresses`: one node's frames cannot name so many; `details.limit`.
 */
export type L2ElectionErrorCode = 'bad-options' | 'bad-address' | 'too-many-addresses';

/** The one error class of this package; match on `code`. */
export class L2ElectionError extends Error {
  override readonly name = 'L2ElectionError';
  readonly code: L2ElectionErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: L2ElectionErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
