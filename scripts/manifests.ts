// Writes what is made from the chart: deploy/manifests, deploy/monitoring, and the chart's copy of the CRDs. Run: npx node scripts/manifests.ts
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, parseAllDocuments, stringify } from 'yaml';
import { ensureHelm } from './helm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const chart = path.join(root, 'deploy', 'charts', 'picluster');
const NAMESPACE = 'metallb-system';
const HEAD = '# Made from deploy/charts/picluster by scripts/manifests.ts. Do not edit.\n';

/** The chart's copy of the CRDs, by path from the root: helm reads no file outside a chart. */
export function chartCrds(): Map<string, string> {
  const names = readdirSync(path.join(root, 'deploy', 'crds')).filter((name) =>
    name.endsWith('.yaml'),
  );
  return new Map(
    names.map((name) => [
      `deploy/charts/picluster/files/crds/${name}`,
      readFileSync(path.join(root, 'deploy', 'crds', name), 'utf8'),
    ]),
  );
}

/** The text of each file that is made from the chart, by path from the root. */
export async function manifestFiles(): Promise<Map<string, string>> {
  const render = renderer(await ensureHelm());
  const plain = render({});
  const monitored = render({
    prometheus: {
      rbacPrometheus: false,
      podMonitor: { enabled: true },
      prometheusRule: { enabled: true },
    },
  });
  const guarded = render({ networkpolicies: { enabled: true } });
  const rules = ofKind(monitored, 'PrometheusRule');
  const namespace = readFileSync(path.join(root, 'deploy', 'namespace.yaml'), 'utf8');
  const alerts = stringify(rules[0]?.toJS().spec, { lineWidth: 0 });
  return new Map([
    ['deploy/manifests/picluster.yaml', `${HEAD}${namespace}---\n${join(plain)}`],
    ['deploy/manifests/network-policies.yaml', HEAD + join(ofKind(guarded, 'NetworkPolicy'))],
    ['deploy/monitoring/pod-monitors.yaml', HEAD + join(ofKind(monitored, 'PodMonitor'))],
    ['deploy/monitoring/prometheus-rule.yaml', HEAD + join(rules)],
    ['deploy/monitoring/alerts.yaml', HEAD + alerts],
  ]);
}

function renderer(helm: string): (values: object) => Document[] {
  return (values) => {
    const text = execFileSync(
      helm,
      ['template', 'picluster', chart, `--namespace=${NAMESPACE}`, '--values=-'],
      { input: JSON.stringify(values), encoding: 'utf8' },
    );
    return parseAllDocuments(text).map(withoutHelm);
  };
}

/** Drops what only helm needs: who applies a plain manifest manages it without. */
function withoutHelm(document: Document): Document {
  document.commentBefore = null;
  if (document.contents !== null) document.contents.commentBefore = null;
  document.deleteIn(['metadata', 'labels', 'helm.sh/chart']);
  document.deleteIn(['metadata', 'labels', 'app.kubernetes.io/managed-by']);
  if (document.getIn(['metadata', 'annotations', 'helm.sh/resource-policy']) !== undefined) {
    document.deleteIn(['metadata', 'annotations']);
  }
  return document;
}

function ofKind(documents: readonly Document[], kind: string): Document[] {
  return documents.filter((document) => document.get('kind') === kind);
}

function join(documents: readonly Document[]): string {
  return documents
    .map((document) =>
      document.toString({ lineWidth: 0, directives: false, flowCollectionPadding: false }),
    )
    .join('---\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const write = (files: ReadonlyMap<string, string>): void => {
    for (const [name, text] of files) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
  };
  write(chartCrds());
  write(await manifestFiles());
}
