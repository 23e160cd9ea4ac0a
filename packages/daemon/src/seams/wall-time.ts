/** The wall-clock time in RFC 3339, for the log and for nothing that is measured. */
export function wallTime(): string {
  return new Date().toISOString();
}
