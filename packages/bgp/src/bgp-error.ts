/**
 * What went wrong.
 *
 * - `bad-options`: the options contradict each other or themselves; `details.problems` lists every one.
 */
export type BgpErrorCode = 'bad-options';

/** The one error class of this package; match on `code`. */
export class BgpError extends Error {
  override readonly name = 'BgpError';
  readonly code: BgpErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: BgpErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
