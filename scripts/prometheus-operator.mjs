// The kinds of the Prometheus operator as it publishes them, for the tests of what the chart makes of these.
import path from 'node:path';
import { ensureGoSource } from './go-source.mjs';

/** The folder of the operator's CRDs. */
export async function ensureOperatorCrds() {
  const folder = await ensureGoSource({
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    what: 'the Prometheus operator, whose kinds the chart makes,',
  });
  return path.join(folder, 'example', 'prometheus-operator-crd');
}
