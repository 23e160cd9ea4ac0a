// MetalLB as it is published: its chart, its CRDs and its sample manifests, for the tests of moving from it.
import { ensureGoSource } from './go-source.mjs';

/** What must be in each release. */
const SUMS = {
  'v0.15.2': 'h1:r7KDgJtk3KZe3qb36zRVrVCYHxLR03nPGT+qFXOomJM=',
  'v0.16.2': 'h1:RCSAGoZmqcvTg0e56+Okbwz8iTuQVX30JpKX5mYEPUM=',
};

/** The releases that the tests move from, the newest last. */
export const METALLB_RELEASES = Object.keys(SUMS);

/** The folder of the source of a release of MetalLB. */
export async function ensureMetallbSource(version = METALLB_RELEASES.at(-1)) {
  const what = 'MetalLB, which the tests move from,';
  return await ensureGoSource({
    module: 'go.universe.tf/metallb',
    version,
    sum: SUMS[version],
    what,
  });
}
