/** Formats wall-clock milliseconds as Kubernetes' Time: RFC 3339, UTC, whole seconds. A seam only because it uses `Date`; it reads no clock. */
export function formatTimestamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
