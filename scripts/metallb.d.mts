/**
 * The folder of MetalLB's published source (chart, CRDs, samples), fetched into Go's module cache where it is not there. `$PICLUSTER_METALLB` names another.
 *
 * Rejects where Go is missing, or the module cannot be fetched.
 */
export function ensureMetallbSource(): Promise<string>;
