/** Milliseconds since the epoch as Kubernetes' `metav1.Time`: RFC 3339 in UTC, whole seconds. */
export function rfc3339(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch of an RFC 3339 text; NaN for anything else. */
export function parseRfc3339(text: unknown): number {
  return typeof text === 'string' ? Date.parse(text) : Number.NaN;
}
