/**
 * What went wrong.
 *
 * - `bad-options`: the options contradict each other or themselves; `details.problems` lists every one.
 * - `duplicate-session`: there is a session with that address already.
 */
export type BfdErrorCode = 'bad-options' | 'duplicate-session';

/** The one error class of this package; match on `code`. */
export class BfdError extends Error {
  override readonly name = 'BfdError';
  readonly code: BfdErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: BfdErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
