import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ensureMetallbSource, METALLB_RELEASES } from '../../scripts/metallb.mjs';
import type { KubeObject } from '../lab/kube-api.ts';
import { parseManifests } from '../lab/manifests.ts';
import { CHART, Helm } from './helm.ts';

// What MetalLB publishes, as it is in its chart, against what our chart makes of it.

type Values = Record<string, unknown>;

let helm: Helm;

beforeAll(async () => {
  helm = await Helm.find({ folder: mkdtempSync(path.join(tmpdir(), 'helm-')) });
});

async function read(release: string, file: string): Promise<string> {
  return readFileSync(
    path.join(await ensureMetallbSource(release), 'charts/metallb', file),
    'utf8',
  );
}

async function render(more: Values): Promise<readonly KubeObject[]> {
  const text = await helm.run(['template', 'picluster', CHART, '--namespace=lb'], more);
  return parseManifests(text);
}

async function podsOf(more: Values): Promise<string> {
  const workloads = (await render(more)).filter(({ kind }) =>
    /^(Deployment|DaemonSet)$/.test(kind),
  );
  return JSON.stringify(workloads.map((workload) => workload['spec']));
}

const textOf = (objects: readonly KubeObject[], kind: string): string =>
  JSON.stringify(objects.filter((object) => object.kind === kind));

describe('the values of MetalLB’s chart', () => {
  test.each(METALLB_RELEASES)(
    'are all understood, with their defaults, as in %s',
    async (release) => {
      const values = parse(await read(release, 'values.yaml')) as {
        readonly frrk8s: object;
        readonly speaker: { readonly frr: object };
        readonly prometheus: { readonly metricsPort: number };
      };
      // FRR is on there in one way or another. There is none here.
      Object.assign(values.frrk8s, { enabled: false });
      Object.assign(values.speaker.frr, { enabled: false });
      const objects = await render({ ...values });
      expect(textOf(objects, 'Deployment')).toContain('"image":"quay.io/metallb/controller:');
      const { metricsPort } = values.prometheus;
      expect(textOf(objects, 'DaemonSet')).toContain(`--metrics-port=${metricsPort}`);
      expect(textOf(objects, 'DaemonSet')).not.toContain('initContainers');
    },
  );

  test.each<[string, Values, string]>([
    ['loadBalancerClass', { loadBalancerClass: 'example.com/lan' }, '--lb-class=example.com/lan'],
    ['ignoreExcludeLB', { speaker: { ignoreExcludeLB: true } }, '--ignore-exclude-lb=true'],
    ['logLevel', { controller: { logLevel: 'all' } }, '--log-level=debug'],
    ['metricsPort', { prometheus: { metricsPort: 7473 } }, '--metrics-port=7473'],
    ['image', { speaker: { image: { repository: 'r/s', tag: 't' } } }, '"image":"r/s:t"'],
    ['gratuitousARPInterval', { speaker: { gratuitousARPInterval: 60 } }, 'arp-interval=60'],
    ['revisionHistoryLimit', { speaker: { revisionHistoryLimit: 3 } }, '"revisionHistoryLimit":3'],
    ['resources', { speaker: { resources: { limits: { cpu: '7' } } } }, '"limits":{"cpu":"7"}'],
    ['runAsUser', { controller: { securityContext: { runAsUser: 77 } } }, '"runAsUser":77'],
    ['priorityClassName', { speaker: { priorityClassName: 'high' } }, '"priorityClassName":"high"'],
    ['runtimeClassName', { controller: { runtimeClassName: 'kata' } }, '"runtimeClassName":"kata"'],
    ['nodeSelector', { speaker: { nodeSelector: { disk: 'ssd' } } }, '"disk":"ssd"'],
    ['tolerations', { controller: { tolerations: [{ key: 'edge' }] } }, '[{"key":"edge"}]'],
    ['podAnnotations', { speaker: { podAnnotations: { a: 'b' } } }, '"annotations":{"a":"b"}'],
    ['labels', { controller: { labels: { team: 'net' } } }, '"team":"net"'],
    ['imagePullSecrets', { imagePullSecrets: [{ name: 'mine' }] }, '[{"name":"mine"}]'],
    [
      'serviceAccount',
      { speaker: { serviceAccount: { name: 'me' } } },
      '"serviceAccountName":"me"',
    ],
    ['probes', { controller: { readinessProbe: { failureThreshold: 9 } } }, '"failureThreshold":9'],
  ])('%s means what it means there', async (_name, more, words) => {
    expect(await podsOf({})).not.toContain(words);
    expect(await podsOf(more)).toContain(words);
  });

  test('tolerateMaster, excludeInterfaces and affinity too', async () => {
    const more = { speaker: { tolerateMaster: false, affinity: { podAffinity: {} } } };
    expect(await podsOf({})).toContain('node-role.kubernetes.io/control-plane');
    expect(await podsOf(more)).not.toContain('node-role.kubernetes.io/control-plane');
    expect(await podsOf(more)).toContain('"affinity":{"podAffinity":{}}');
    const unlisted = await render({ speaker: { excludeInterfaces: { enabled: false } } });
    expect(textOf(unlisted, 'ConfigMap')).toContain('announcedInterfacesToExclude: []');
  });

  test('rbac.create and crds.enabled leave out what somebody else makes', async () => {
    const objects = await render({ rbac: { create: false }, crds: { enabled: false } });
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds).toContain('DaemonSet');
    expect(kinds.filter((kind) => /Role|CustomResource/.test(kind))).toEqual([]);
  });
});

test.each(METALLB_RELEASES)(
  'every alert of MetalLB’s chart is there under its name, as in %s',
  async (release) => {
    const template = await read(release, 'templates/prometheusrules.yaml');
    const theirs = [...template.matchAll(/alert: (.+)$/gm)].flatMap(([, name = '']) =>
      [75, 85, 95].map((percent) => name.replace('{{ .percent }}', `${percent}`)),
    );
    expect(theirs).toEqual(expect.arrayContaining(['MetalLBStaleConfig', 'MetalLBBGPSessionDown']));
    const objects = await render({ prometheus: { prometheusRule: { enabled: true } } });
    const rules = textOf(objects, 'PrometheusRule');
    expect([...new Set(theirs)].filter((name) => !rules.includes(`"alert":"${name}"`))).toEqual([]);
  },
);

describe('the kinds', () => {
  interface Schema {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly items?: Schema;
    readonly additionalProperties?: Schema | boolean;
  }
  interface Definition {
    readonly spec: {
      readonly versions: readonly {
        readonly name: string;
        readonly served: boolean;
        readonly schema: { readonly openAPIV3Schema: Schema };
      }[];
    };
  }

  /** The paths of all fields, each with what it lies in before its name. */
  function fieldsOf(schema: Schema, at: string): readonly string[] {
    const { properties = {}, items, additionalProperties: others } = schema;
    return [
      ...Object.entries(properties).flatMap(([name, each]) =>
        [`${at}.${name}`].concat(fieldsOf(each, `${at}.${name}`)),
      ),
      ...(items === undefined ? [] : fieldsOf(items, `${at}[]`)),
      ...(typeof others === 'object' ? fieldsOf(others, `${at}{}`) : []),
    ];
  }

  const fieldsIn = (file: string): readonly string[] =>
    (parse(readFileSync(file, 'utf8')) as Definition).spec.versions
      .filter(({ served }) => served)
      .flatMap(({ name, schema }) => fieldsOf(schema.openAPIV3Schema, name));

  test.each(METALLB_RELEASES)('have every field that those of %s have', async (release) => {
    const theirs = path.join(await ensureMetallbSource(release), 'config/crd/bases');
    const ours = path.join(CHART, 'files/crds');
    const kinds = readdirSync(theirs).filter((file) => file.startsWith('metallb.io_'));
    expect(kinds.length).toBeGreaterThan(7);
    for (const file of kinds) {
      const known = new Set(fieldsIn(path.join(ours, file)));
      const missing = fieldsIn(path.join(theirs, file)).filter((field) => !known.has(field));
      expect(missing, file).toEqual([]);
    }
  });
});
