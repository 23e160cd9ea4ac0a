/**
 * The folder of the CRDs that the Prometheus operator publishes, fetched into Go's module cache where they are not there.
 *
 * Rejects where Go is missing, or the module cannot be fetched, or is another than it was.
 */
export function ensureOperatorCrds(): Promise<string>;
