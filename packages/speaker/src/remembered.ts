/** What `look` found at most `ms` ago: for what the system takes long to tell and seldom changes. */
export function remembered<Found>(look: () => Found, nowMs: () => number, ms: number): () => Found {
  let last: { readonly found: Found; readonly atMs: number } | undefined;
  return () => {
    const atMs = nowMs();
    if (last === undefined || atMs - last.atMs >= ms) last = { found: look(), atMs };
    return last.found;
  };
}
