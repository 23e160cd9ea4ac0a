import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../lab/kube-api.ts';
import { parseManifests } from '../lab/manifests.ts';
import { CHART, Helm } from './helm.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await Helm.find({ folder: mkdtempSync(path.join(tmpdir(), 'helm-')) });
});

const everything = {
  loadBalancerClass: 'example.com/lan',
  imagePullSecrets: [{ name: 'registry' }],
  prometheus: {
    scrapeAnnotations: true,
    serviceAccount: 'prometheus',
    namespace: 'monitoring',
    podMonitor: { enabled: true, interval: '30s', relabelings: [{ action: 'labeldrop' }] },
    prometheusRule: { enabled: true, addressPoolUsage: { excludePools: 'test-.*' } },
    dashboard: { enabled: true },
  },
  controller: { replicas: 2, logLevel: 'all', nodeSelector: { disk: 'ssd' } },
  speaker: {
    l2Strategy: 'lease',
    initContainers: [{ name: 'before', image: 'example/before' }],
    extraContainers: [{ name: 'beside', image: 'example/beside' }],
    tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
    excludeInterfaces: { patterns: ['^wg.*'] },
  },
  networkpolicies: {
    enabled: true,
    defaultDeny: true,
    metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
  },
};

async function render(values: object, release: string = 'picluster'): Promise<KubeObject[]> {
  const text = await helm.run(['template', release, CHART, '--namespace=lb'], values);
  return [...parseManifests(text)];
}

async function refusal(values: object): Promise<string> {
  const { code, stderr } = await helm.try(['template', 'picluster', CHART], values);
  expect(code).toBe(1);
  return stderr;
}

const find = (objects: readonly KubeObject[], kind: string): KubeObject[] =>
  objects.filter((object) => object.kind === kind);

const podOf = (object: KubeObject | undefined): Record<string, unknown> | undefined =>
  (object?.['spec'] as { template: { spec: Record<string, unknown> } } | undefined)?.template.spec;

describe('the chart', () => {
  test.each([
    ['with its defaults', {}],
    ['with everything switched on', everything],
  ])('passes the linter %s', async (_title, values) => {
    expect(await helm.run(['lint', '--strict', CHART], values)).toContain('0 chart(s) failed');
  });

  test('puts every object that has a namespace into that of the release, but for a right elsewhere', async () => {
    const namespaces = (await render(everything))
      .filter(({ kind }) => !/^(ClusterRole|ClusterRoleBinding|Custom.*)$/.test(kind))
      .map(({ metadata }) => metadata.namespace);
    // The speaker also reads the Leases by which Kubernetes itself knows which nodes live.
    expect(new Set(namespaces)).toEqual(new Set(['lb', 'kube-node-lease']));
  });

  test('keeps the CRDs when it is uninstalled, as their annotation says', async () => {
    const definitions = find(await render({}), 'CustomResourceDefinition');
    expect(definitions.length).toBeGreaterThanOrEqual(3);
    for (const { metadata } of definitions) {
      expect(metadata['annotations']).toEqual({ 'helm.sh/resource-policy': 'keep' });
    }
    expect(find(await render({ crds: { enabled: false } }), 'CustomResourceDefinition')).toEqual(
      [],
    );
  });

  test('runs the containers of others before and beside the speaker', async () => {
    const pod = podOf(find(await render(everything), 'DaemonSet')[0]);
    expect(pod?.['initContainers']).toEqual(everything.speaker.initContainers);
    expect(pod?.['containers']).toEqual([
      expect.objectContaining({ name: 'speaker' }),
      ...everything.speaker.extraContainers,
    ]);
  });

  test('keeps Services out of the environment, where their names would look like our variables', async () => {
    const objects = await render({});
    for (const kind of ['Deployment', 'DaemonSet']) {
      expect(podOf(find(objects, kind)[0])?.['enableServiceLinks']).toBe(false);
    }
  });

  test('makes a PodDisruptionBudget for two controllers, and none for one, which it could only hold up', async () => {
    expect(find(await render({}), 'PodDisruptionBudget')).toEqual([]);
    expect(find(await render({ controller: { replicas: 2 } }), 'PodDisruptionBudget')).toHaveLength(
      1,
    );
  });

  test('names everything after the release, so that two releases can live in one cluster', async () => {
    const names = async (release: string): Promise<string[]> =>
      (await render({ crds: { enabled: false } }, release)).map(
        ({ kind, metadata }) => `${kind} ${metadata.name}`,
      );
    const one = await names('one');
    expect(one).toContain('DaemonSet one-picluster-speaker');
    expect(one.filter((name) => name.includes('two'))).toEqual([]);
    const two = await names('two');
    expect(one.filter((name) => two.includes(name))).toEqual([]);
  });

  test('gives every release the labels by which the speakers find each other', async () => {
    const objects = await render({ nameOverride: 'other', fullnameOverride: 'another' });
    const [speaker] = find(objects, 'DaemonSet');
    expect(speaker?.metadata.name).toBe('another-speaker');
    expect(JSON.stringify(speaker)).toContain('"app.kubernetes.io/name":"picluster"');
  });

  test('makes only the daemon that is enabled', async () => {
    const objects = await render({ speaker: { enabled: false }, crds: { enabled: false } });
    expect(objects.filter(({ metadata }) => metadata.name.includes('speaker'))).toEqual([]);
  });
});

describe('metrics by TLS', () => {
  const monitored = {
    serviceAccount: 'prometheus',
    namespace: 'monitoring',
    serviceMonitor: { enabled: true },
  };
  const securedKinds = (objects: readonly KubeObject[]): string[] =>
    objects
      .filter((object) => /metrics-cert|tokenreviews|"https"/.test(JSON.stringify(object)))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort();

  test('are nowhere unless they are asked for', async () => {
    expect(securedKinds(await render({ prometheus: monitored }))).toEqual([]);
  });

  test.each([
    ['tls', { tls: { speakerMetricsTLSSecret: 'secret' }, prometheus: monitored }],
    [
      'prometheus, as in older charts of MetalLB',
      { prometheus: { ...monitored, speakerMetricsTLSSecret: 'secret' } },
    ],
  ])(
    'are for the daemon whose Secret is under %s, with the rights and the monitor',
    async (_title, values) => {
      const objects = await render(values);
      expect(securedKinds(objects)).toEqual([
        'ClusterRole picluster-speaker',
        'DaemonSet picluster-speaker',
        'ServiceMonitor picluster-speaker',
      ]);
      const monitor = find(objects, 'ServiceMonitor').find(({ metadata }) =>
        metadata.name.endsWith('speaker'),
      );
      expect(monitor?.['spec']).toMatchObject({
        endpoints: [
          {
            scheme: 'https',
            bearerTokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
            tlsConfig: { insecureSkipVerify: true },
          },
        ],
      });
      const reader = find(objects, 'ClusterRole').find(({ metadata }) =>
        metadata.name.endsWith('metrics-reader'),
      );
      expect(reader?.['rules']).toEqual([{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
    },
  );

  test('are scraped through a PodMonitor with the token that the values name', async () => {
    const authorization = { credentials: { name: 'scraper', key: 'token' } };
    const objects = await render({
      tls: { controllerMetricsTLSSecret: 'secret' },
      prometheus: { ...everything.prometheus, podMonitor: { enabled: true, authorization } },
    });
    const [controller, speaker] = find(objects, 'PodMonitor').map(({ spec }) => spec);
    expect(controller).toMatchObject({ podMetricsEndpoints: [{ scheme: 'https', authorization }] });
    expect(speaker).toMatchObject({ podMetricsEndpoints: [{ scheme: 'http' }] });
    expect(JSON.stringify(speaker)).not.toContain('authorization');
  });

  test('change no network policy', async () => {
    const policies = async (values: object): Promise<unknown> =>
      find(await render({ networkpolicies: { enabled: true }, ...values }), 'NetworkPolicy');
    const tls = { controllerMetricsTLSSecret: 'one', speakerMetricsTLSSecret: 'other' };
    expect(await policies({ tls })).toEqual(await policies({}));
  });
});

describe('the next speaker', () => {
  interface DaemonSetSpec {
    readonly updateStrategy: unknown;
    readonly template: {
      readonly spec: { readonly containers: readonly Readonly<Record<string, unknown>>[] };
    };
  }
  const specOf = async (values: object): Promise<DaemonSetSpec> => {
    const [{ spec } = { spec: undefined }] = find(await render(values), 'DaemonSet');
    return spec as DaemonSetSpec;
  };

  test('starts beside the one it replaces, under wire, unless told otherwise', async () => {
    const strategy = async (values: object): Promise<unknown> =>
      (await specOf(values)).updateStrategy;
    const type = 'RollingUpdate';
    const beside = { maxSurge: 1, maxUnavailable: 0 };
    const after = { maxSurge: 0, maxUnavailable: 1 };
    expect(await strategy({})).toEqual({ type, rollingUpdate: beside });
    const lease = await strategy({ speaker: { l2Strategy: 'lease' } });
    expect(lease).toEqual({ type, rollingUpdate: after });
    const updateStrategy = { type, rollingUpdate: { maxUnavailable: '10%' } };
    expect(await strategy({ speaker: { updateStrategy } })).toEqual(updateStrategy);
    const onDelete = await strategy({ speaker: { updateStrategy: { type: 'OnDelete' } } });
    expect(onDelete).toEqual({ type: 'OnDelete' });
  });

  test('is told of Wi-Fi, and to be strict, where the values ask for it', async () => {
    const slow = { speaker: { l2Timings: 'wifi', l2StrictMembers: 3 } };
    const [speaker] = (await specOf(slow)).template.spec.containers;
    const told = ['--l2-timings=wifi', '--l2-strict-members=3'];
    expect(speaker?.['args']).toEqual(expect.arrayContaining(told));
  });

  test('has no port of the node to itself, and a probe that the other does not answer', async () => {
    const [speaker] = (await specOf({})).template.spec.containers;
    expect(speaker?.['ports']).toBeUndefined();
    expect(speaker?.['startupProbe']).toMatchObject({ httpGet: { path: '/', port: 17_473 } });
    expect(speaker?.['args']).toContain('--startup-port=17473');
  });
});

describe('values', () => {
  test.each([
    [{ controler: {} }, "additional properties 'controler' not allowed"],
    [{ speaker: { l2StrictMembers: 2 } }, "at '/speaker/l2StrictMembers'"],
    [{ speaker: { logLevel: 'loud' } }, "at '/speaker/logLevel': value must be one of"],
    [{ prometheus: { metricsPort: 'x' } }, "at '/prometheus/metricsPort': got string"],
    [{ controller: { addressHold: '1 minute' } }, "at '/controller/addressHold'"],
    [{ controller: { image: { tag: 'x', name: 'y' } } }, "additional properties 'name'"],
  ])('%j is refused by the schema', async (values, words) => {
    expect(await refusal(values)).toContain(words);
  });

  test('that cannot go together are refused, all in one message', async () => {
    const message = await refusal({
      prometheus: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } },
      networkpolicies: { defaultDeny: true },
      speaker: { readinessProbe: { port: 1 } },
    });
    expect(message).toContain('switch on one of them');
    expect(message).toContain('name the ServiceAccount of your Prometheus');
    expect(message).toContain('would cut the controller off');
    expect(message).toContain('speaker.readinessProbe.port');
  });

  test('of MetalLB that ask for what is not here are refused; those that ask for nothing are named and pass', async () => {
    const message = await refusal({
      frrk8s: { enabled: true },
      tls: { speakerMetricsTLSSecret: 'secret' },
      prometheus: { metricsPort: 17_472 },
    });
    expect(message).toContain('there is no FRR');
    expect(message).toContain('metrics by TLS need another port than speaker.livenessProbe.port');

    const layer2 = {
      frrk8s: { enabled: false },
      speaker: { frr: { enabled: false }, memberlist: { enabled: true } },
      controller: { webhookMode: 'enabled' },
      tls: { minVersion: 'VersionTLS12' },
    };
    const words = ['install', 'picluster', CHART, '--dry-run=client'];
    expect(await helm.run(words, layer2)).toContain(
      'Not used here, though your values have them: tls.minVersion, frrk8s, controller.webhookMode, speaker.memberlist, speaker.frr.',
    );
  });
});

describe('the notes', () => {
  test('say the next step, what is missing, and what uninstalling does', async () => {
    const notes = await helm.run(['install', 'picluster', CHART, '--dry-run=client', '-n', 'lb']);
    expect(notes).toContain('kind: IPAddressPool');
    expect(notes).toContain('IMAGES: none is published yet');
    expect(notes).toContain('keep the addresses in their status');
    const own = {
      controller: { image: { repository: 'example/c' } },
      speaker: { image: { repository: 'example/s' } },
    };
    const other = await helm.run(['install', 'picluster', CHART, '--dry-run=client'], own);
    expect(other).not.toContain('IMAGES');
  });
});
