/**
 * Formats wall-clock milliseconds as Kubernetes' MicroTime: RFC 3339, UTC, always six digits of a second; fractions of a millisecond
 * become the last three.
 *
 * A seam only because it uses `Date` to format; it reads no clock.
 */
export function formatMicroTime(wallMs: number): string {
  const wholeMs = Math.floor(wallMs);
  const micros = Math.floor((wallMs - wholeMs) * 1000);
  return new Date(wholeMs).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}
