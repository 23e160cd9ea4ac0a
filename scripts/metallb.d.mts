/** The releases that the tests move from, such as `v0.16.2`; the newest last. */
export const METALLB_RELEASES: readonly string[];

/**
 * The folder of MetalLB's published source (chart, CRDs, samples), fetched into Go's module cache where it is not there. `version` is one of
 * {@link METALLB_RELEASES}, the newest where it is absent.
 *
 * Rejects where Go is missing, or the module cannot be fetched, or is another than it was.
 */
export function ensureMetallbSource(version?: string): Promise<string>;
