import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { controllerFlags } from '../packages/controller/src/flags.ts';
import { parseFlags } from '../packages/daemon/src/flags.ts';
import { speakerFlags } from '../packages/speaker/src/flags.ts';
import { chartCrds } from '../scripts/manifests.ts';

// What stands in deploy/ against what the daemons are. That its files are those of the chart is tested where helm is: e2e/install.

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly spec?: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly priorityClassName?: string;
        readonly terminationGracePeriodSeconds?: number;
        readonly tolerations?: readonly { readonly key: string; readonly effect: string }[];
        readonly containers: readonly {
          readonly name: string;
          readonly args: readonly string[];
          readonly env: readonly { readonly name: string }[];
        }[];
      };
    };
  };
}

const manifests = (file: string): Manifest[] =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest);

describe('the rights', () => {
  const rights = (from: readonly Manifest[]): Record<string, readonly string[]> =>
    Object.fromEntries(
      from
        .filter(({ rules }) => rules !== undefined)
        .map(({ kind, metadata, rules = [] }) => [
          `${kind} ${metadata.name} ${metadata.namespace ?? ''}`,
          rules.map((rule) => JSON.stringify(rule, Object.keys(rule).toSorted())).toSorted(),
        ]),
    );

  test.each(['controller', 'speaker'])(
    'of the %s are the same in the chart and in deploy/rbac',
    (name) => {
      const inChart = manifests('deploy/manifests/picluster.yaml').filter(
        ({ metadata }) => metadata.name === `picluster-${name}`,
      );
      expect(Object.keys(rights(inChart)).length).toBeGreaterThanOrEqual(2);
      expect(rights(inChart)).toEqual(rights(manifests(`deploy/rbac/${name}.yaml`)));
    },
  );
});

describe('the daemons', () => {
  const flags = { controller: controllerFlags, speaker: speakerFlags };

  test.each(['controller', 'speaker'] as const)(
    'understand what the manifests tell the %s',
    (name) => {
      const [container] = manifests('deploy/manifests/picluster.yaml').flatMap(
        ({ spec }) => spec?.template?.spec.containers.filter((each) => each.name === name) ?? [],
      );
      const env = Object.fromEntries((container?.env ?? []).map((each) => [each.name, 'given']));
      const parsed = parseFlags(flags[name], container?.args ?? [], env);
      expect(parsed).toMatchObject({ kind: 'values', values: { namespace: 'given' } });
      const known = Object.values(flags[name]).flatMap((flag) => flag.env);
      expect(known).toEqual(expect.arrayContaining(Object.keys(env)));
    },
  );
});

describe('the chart', () => {
  const templates = globSync('deploy/charts/picluster/templates/**/*.{yaml,tpl}', { cwd: root })
    .map(read)
    .join('\n');
  /** Where a daemon in a Pod needs none: its ServiceAccount says it, or what stands under the default path. */
  const needless = new Set(['kubeconfig', 'exclude-l2-config']);

  test.each([
    ['controller', controllerFlags],
    ['speaker', speakerFlags],
  ] as const)('can give the %s each of its flags', (_, flags) => {
    const missing = Object.entries(flags)
      .filter(([name]) => !needless.has(name))
      .filter(([name]) => !templates.includes(`--${name}=`))
      .filter(([, { env }]) => !env.some((variable) => templates.includes(`name: ${variable}\n`)));
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});

describe('the Pods', () => {
  const podOf = (kind: string): NonNullable<Manifest['spec']>['template']['spec'] | undefined =>
    manifests('deploy/manifests/picluster.yaml').find((each) => each.kind === kind)?.spec?.template
      .spec;
  /** A constant of the sources, in seconds. */
  const seconds = (file: string, name: string): number => {
    const [, text = ''] = new RegExp(`^const ${name} = ([\\d_]+);$`, 'm').exec(read(file)) ?? [];
    return Number(text.replaceAll('_', '') || Number.NaN) / 1000;
  };
  const graceOf = (kind: string): number =>
    podOf(kind)?.terminationGracePeriodSeconds ?? Number.NaN;

  test('are given the time that the daemons take to end at the longest', () => {
    const controller = seconds('packages/controller/src/main.ts', 'STOP_LIMIT_MS');
    expect(graceOf('Deployment')).toBeGreaterThan(controller);
    const successor = seconds('packages/speaker/src/succession/predecessor.ts', 'PREPARE_LIMIT_MS');
    const speaker = seconds('packages/speaker/src/daemon.ts', 'STOP_LIMIT_MS');
    expect(graceOf('DaemonSet')).toBeGreaterThan(successor + speaker);
  });

  test('are among the last to be evicted, and a speaker runs on control-plane nodes too', () => {
    expect(podOf('Deployment')?.priorityClassName).toBe('system-cluster-critical');
    expect(podOf('DaemonSet')?.priorityClassName).toBe('system-node-critical');
    expect(podOf('DaemonSet')?.tolerations?.map(({ key, effect }) => `${key} ${effect}`)).toEqual([
      'node-role.kubernetes.io/master NoSchedule',
      'node-role.kubernetes.io/control-plane NoSchedule',
    ]);
  });
});

test('the speakers find each other by the labels that the chart gives their Pods', () => {
  const source = read('packages/speaker/src/wire-api.ts');
  const wanted = /SPEAKER_PODS = '([^']+)'/.exec(source)?.[1]?.split(',') ?? [];
  expect(wanted).not.toEqual([]);
  const labels = manifests('deploy/manifests/picluster.yaml').find(
    ({ kind }) => kind === 'DaemonSet',
  )?.spec?.template.metadata.labels;
  const given = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  expect(given).toEqual(expect.arrayContaining(wanted));
});

test('the chart has the CRDs of deploy/crds: run scripts/manifests.ts', () => {
  for (const [file, text] of chartCrds()) expect(read(file), file).toBe(text);
});

describe('the alerts and the dashboard', () => {
  /** Names in a PromQL expression that are neither functions, labels nor words of the language: metrics. */
  const metricsOf = (expression: string): string[] => {
    const bare = expression
      .replaceAll(/"[^"]*"/g, '')
      .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\boffset \w+/g, ' ')
      .replaceAll(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, ' ');
    return [...bare.matchAll(/(?<![\w.])[a-z_][\w:]*\b(?!\s*\()/gi)]
      .map(([name]) => name)
      .filter((name) => !['and', 'or', 'unless', 'bool', 'group_left'].includes(name));
  };

  const documented = new Set(
    [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? ''),
  );
  /** Not ours: of Prometheus itself, and of every process. */
  const foreign = new Set([
    'up',
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'process_start_time_seconds',
  ]);
  const unknown = (expressions: readonly string[]): string[] =>
    expressions.flatMap(metricsOf).filter((name) => !documented.has(name) && !foreign.has(name));

  const rules = (
    parse(read('deploy/monitoring/alerts.yaml')) as {
      groups: readonly { rules: readonly { alert: string; expr: string }[] }[];
    }
  ).groups.flatMap((group) => group.rules);
  const expressionsOfDashboard = [
    ...read('deploy/charts/picluster/files/dashboard.json').matchAll(
      /"expr": ("(?:[^"\\]|\\.)*")/g,
    ),
  ].map((match) => JSON.parse(match[1] ?? '""') as string);

  test('ask for metrics that there are', () => {
    expect(metricsOf('sum by (a) (rate(x_total{b="c_d"}[5m])) and on (e) y == 1')).toEqual([
      'x_total',
      'y',
    ]);
    expect(rules.length).toBeGreaterThan(8);
    expect(expressionsOfDashboard.length).toBeGreaterThan(10);
    expect(unknown(rules.map(({ expr }) => expr))).toEqual([]);
    expect(unknown(expressionsOfDashboard)).toEqual([]);
  });

  test('have a unit test each', () => {
    const names = rules.map(({ alert }) => alert);
    const tests = read('deploy/monitoring/alerts.test.yaml');
    expect(names.filter((name) => !tests.includes(`alertname: ${name}`))).toEqual([]);
  });
});
