import type { FieldProblem } from './structural-schema.ts';

/** A problem for the first text that a list has twice, at the second one. `what` names the entry where its text would not be understood. */
export function duplicateProblem(
  texts: readonly string[],
  field: string,
  what?: string,
): readonly FieldProblem[] {
  const seen = new Map<string, number>();
  for (const [at, text] of texts.entries()) {
    const first = seen.get(text);
    if (first !== undefined) {
      return [
        {
          field: `${field}[${at}]`,
          message: `${what ?? `"${text}"`} is listed twice, first as entry ${first}: remove one`,
        },
      ];
    }
    seen.set(text, at);
  }
  return [];
}
